"""A sink's writes: in its thread, one group at a time, what it rejects handed on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from elfaust.errors import EventFault, ServerAway
from elfaust.metrics.table import SINK_REJECTED, SINK_SECONDS
from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.base import Rejected
from elfaust.sinks.groups import Buffered
from elfaust.sinks.in_thread import InThread
from elfaust.testing import MemorySink, make_record
from tests.counted import counted, observed
from tests.stand_in import stand_in

KEY = SchemaKey("Edit", 1)
NAMES = TopicNames(Settings())
TOPIC = NAMES.event(KEY)


def batch(lane: int, *offsets: int) -> Buffered:
    records = [make_record(b"%d" % at, at, topic=TOPIC, lane=lane) for at in offsets]
    return Buffered(TOPIC, lane, records, lambda: None)


async def test_a_write_has_its_events_by_lane_and_a_rejected_record_keeps_its_own() -> None:
    rejected: list[Rejected] = []
    sink = MemorySink(rejects=lambda record: record.offset in (8, 3))
    writer = InThread(sink, NAMES.key_of, rejected.extend, "mysql")
    await writer.write([batch(0, 1, 2), batch(3, 7, 8), batch(0, 3)])
    assert [(record.lane, record.offset) for record in sink.stored[KEY]] == [(0, 1), (0, 2), (3, 7)]
    assert [(one.record.lane, one.record.offset) for one in rejected] == [(0, 3), (3, 8)]
    assert all(isinstance(one.fault, EventFault) for one in rejected)


async def test_a_write_that_stores_is_timed_and_what_it_rejects_is_counted_once() -> None:
    sink = MemorySink(rejects=lambda record: record.offset == 3)
    writer = InThread(sink, NAMES.key_of, lambda rejected: None, "mysql")

    def away(*_: object) -> None:
        raise ServerAway("memory", "away in the middle")

    store, sink.stored = sink.stored, stand_in(setdefault=away)
    with pytest.raises(ServerAway):
        await writer.write([batch(0, 2, 3)])
    assert (observed(SINK_SECONDS), counted(SINK_REJECTED)) == ({}, {})
    sink.stored = store
    await writer.write([batch(0, 2, 3)])
    assert observed(SINK_SECONDS) == {("mysql",): 1}
    assert counted(SINK_REJECTED) == {}
    # Two batches of a lane: the later is never committed without the earlier.
    committed: list[Callable[[], object]] = []
    last = batch(0, 4)._replace(when_committed=committed.append)
    await writer.write([batch(0, 2, 3), last])
    for call in committed:
        call()
    assert counted(SINK_REJECTED) == {("mysql", "Edit", "1"): 1}


async def test_a_write_runs_beside_the_loop_and_always_in_one_thread() -> None:
    threads: set[int] = set()

    class Sink(MemorySink):
        def write(self, *_: object) -> None:
            with pytest.raises(RuntimeError):
                asyncio.get_running_loop()
            threads.add(threading.get_ident())

    writer = InThread(Sink(), NAMES.key_of, lambda rejected: None, "mysql")
    await asyncio.gather(*(writer.write([batch(0, at)]) for at in range(5)))
    assert len(threads) == 1
    assert threads != {threading.get_ident()}
