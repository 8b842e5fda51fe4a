"""Batches of one generation; lost offsets told; a worker without lanes."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from faust import Monitor
from faust.types import TP

from elfaust.delivery.thread import Fetched
from elfaust.delivery.transport import BatchSchema, Consumer

LANE = TP("eventlogging_Edit_1", 0)


class Fetches(Consumer):
    """A consumer of which only the fetching is there."""

    def __init__(self) -> None:
        self.app = SimpleNamespace(
            is_batched=lambda topic: True,
            consumer_generation_id=1,
            monitor=Monitor(),
        )
        self.flow_active = True
        self._buffered_partitions: set[TP] = set()
        self._in_flight = defaultdict(deque)
        self.meanwhile: Callable[[], None] = lambda: None
        self.active = {LANE}
        self._next: dict[TP, int] = {}
        self._held: set[TP] = set()
        self._sought, self._released = 0, dict[TP, int]()
        self.start = 0
        self.offsets = [7]

    async def earliest_offsets(self, *lanes: TP) -> dict[TP, int]:
        self.meanwhile()
        return dict.fromkeys(lanes, self.start)

    should_stop = False

    async def _wait_next_records(self, timeout: float) -> Any:
        self.meanwhile()
        records = [
            SimpleNamespace(
                **{"topic": LANE.topic, "partition": 0, "offset": offset, "timestamp": 1000},
                **{"timestamp_type": 0, "headers": [], "key": None, "value": b""},
                **{"checksum": None, "serialized_key_size": 0, "serialized_value_size": 0},
            )
            for offset in self.offsets
        ]
        return Fetched({LANE: records}, 1), self.active

    def highwater(self, tp: TP) -> int:
        # As aiokafka does between a subscription and the lanes that come of it.
        raise AssertionError("Partition is not assigned")

    def fetched(self) -> list[Any]:
        async def all_of() -> list[Any]:
            return [message async for _, message in self.getmany(1.0)]

        return asyncio.run(all_of())


def test_what_was_fetched_for_another_generation_is_not_delivered() -> None:
    fetches = Fetches()
    fetches.meanwhile = lambda: setattr(fetches.app, "consumer_generation_id", 2)
    assert fetches.fetched() == []


def test_nothing_is_delivered_while_the_flow_is_stopped() -> None:
    fetches = Fetches()
    fetches.meanwhile = lambda: setattr(fetches, "flow_active", False)
    assert fetches.fetched() == []


def test_nothing_is_delivered_of_a_lane_that_moved_while_kafka_was_asked_what_it_has() -> None:
    fetches = Fetches()
    fetches._next[LANE] = 5
    generations = iter([1, 2])
    fetches.meanwhile = lambda: setattr(fetches.app, "consumer_generation_id", next(generations))
    assert fetches.fetched() == []
    assert (fetches._in_flight, fetches._next[LANE]) == ({}, 5)


def test_what_was_fetched_before_a_seek_is_not_delivered() -> None:
    fetches = Fetches()
    fetches._sought = 1
    assert fetches.fetched() == []


def test_a_worker_without_lanes_looks_at_its_heartbeat() -> None:
    async def getmany(active: set[TP], timeout: float) -> Fetched:
        raise KafkaError("Unexpected exception in heartbeat task")

    spare = Fetches()
    spare._active_partitions = set()
    spare._thread = SimpleNamespace(getmany=getmany)
    with pytest.raises(KafkaError, match="heartbeat"):
        asyncio.run(Consumer._wait_next_records(spare, 1.0))


def test_a_batch_takes_the_records_out_of_its_message() -> None:
    (message,) = Fetches().fetched()
    batch = BatchSchema(value_type=None, value_serializer="raw").loads_value(None, message)
    assert (len(batch), message.value) == (1, None)


def test_what_is_paused_while_it_is_fetched_is_still_delivered() -> None:
    fetches = Fetches()
    fetches.meanwhile = fetches.active.clear
    assert [message.offset for message in fetches.fetched()] == [7]


def test_a_batch_carries_the_generation_for_which_it_was_fetched() -> None:
    fetches = Fetches()
    (message,) = fetches.fetched()
    assert (message.offset, message.generation_id, len(message.value)) == (7, 1, 1)


@pytest.mark.parametrize(
    ("wanted", "start", "told"),
    [
        (7, 0, ""),
        # A gap of a transaction's marks.
        (5, 0, ""),
        (5, 7, "offsets 5 to 6, 2 records, are lost"),
        (4, 6, "offsets 4 to 5, 2 records, are lost"),
        (9, 0, "begins again at offset 7, although 9 was to come"),
    ],
)
def test_lost_offsets_are_told(
    wanted: int, start: int, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    fetches = Fetches()
    fetches._next[LANE], fetches.start = wanted, start
    assert len(fetches.fetched()) == 1
    assert fetches._next[LANE] == 8
    assert [told in record.getMessage() for record in caplog.records] == [True] * bool(told)


def test_a_batch_spans_no_more_offsets_than_a_note_beside_an_offset_can_tell_of() -> None:
    fetches = Fetches()
    fetches.offsets = [7, 8, 10_006, 10_007, 10**12, 10**12 + 9_999]
    spans = [(message.first, message.offset) for message in fetches.fetched()]
    assert spans == [(7, 10_006), (10_007, 10_007), (10**12, 10**12 + 9_999)]
    assert fetches._next[LANE] == 10**12 + 10_000
