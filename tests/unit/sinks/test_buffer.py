"""Gathering: flush by size and age, acknowledge after the write and never before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Any

import pytest

from elfaust.errors import ServerAway, TableChanged, Unacknowledged
from elfaust.sinks import buffer as buffer_module
from elfaust.sinks import groups, held, server_wait
from elfaust.sinks.base import Limits
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.buffer import Buffer
from elfaust.sinks.groups import Buffered
from elfaust.sinks.held import Lane
from elfaust.testing import make_record

#: What reads the time.
TIMED: tuple[Any, ...] = (buffer_module, groups, held, server_wait)
AWAY = ServerAway("MySQL", "gone")


class Sink:
    """A writer that notes what happens in which order."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.error: Exception | None = None
        self.generation = 1
        self.held: set[Lane] = set()
        self.broken: set[str] = set()
        #: Called in each write.
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.limits = Limits(Bounds(10, 1_000), 60.0, Bounds(100, 10_000))

    def group_of(self, topic: str, lane: int) -> str:
        return topic

    async def write(self, batches: Sequence[Buffered]) -> None:
        if self.meanwhile:
            await self.meanwhile()
        key = batches[0].topic
        if self.error:
            raise self.error
        if key in self.broken:
            self.log.append(f"try {key}")
            raise TableChanged(key, "Unknown column")
        self.log.append(f"write {key} {sum(len(batch.records) for batch in batches)}")

    def on_revoked(self) -> None:
        self.log.append("revoked")

    async def hold(self, lanes: set[Lane], held: bool) -> None:
        self.log.append(f"{'hold' if held else 'release'} {sorted(lanes)}")
        self.held = self.held | lanes if held else self.held - lanes

    def buffer(
        self,
        rows: int = 10,
        seconds: float = 60.0,
        pending: int = 100,
        size: int = 1_000,
        pending_size: int = 10_000,
    ) -> Buffer:
        self.limits = Limits(Bounds(rows, size), seconds, Bounds(pending, pending_size))
        return Buffer(self, lambda: self.generation, self.hold)

    def batch(
        self, topic: str, rows: int, lane: int = 0, generation: int = 1, size: int = 2
    ) -> Buffered:
        records = [make_record(b"{}", offset, 0) for offset in range(rows)]
        return Buffered(
            topic,
            lane,
            generation,
            records,
            lambda: self.log.append(f"ack {topic}"),
            size,
            # As a consumer does it: what was delivered is dropped when its lane is held.
            lambda: (topic, lane) in self.held,
        )


@pytest.fixture
def sink() -> Sink:
    return Sink()


async def test_a_group_is_written_when_it_is_large_enough(sink: Sink) -> None:
    buffer = sink.buffer(rows=10)
    await buffer.add(sink.batch("a", 6))
    await buffer.add(sink.batch("b", 6))
    assert sink.log == []
    await buffer.add(sink.batch("a", 4))
    assert sink.log == ["write a 10", "ack a", "ack a"]


async def test_a_quiet_group_is_written_when_it_is_old_enough(sink: Sink) -> None:
    buffer = sink.buffer(seconds=0.01)
    running = asyncio.create_task(buffer.run())
    await buffer.add(sink.batch("quiet", 1))
    async with asyncio.timeout(5):
        while "ack quiet" not in sink.log:
            await asyncio.sleep(0)
    running.cancel()


async def test_young_groups_wait(sink: Sink) -> None:
    buffer = sink.buffer(seconds=60)
    await buffer.add(sink.batch("a", 1))
    await buffer.flush_old()
    assert sink.log == []


async def test_all_is_written_when_too_much_waits(sink: Sink) -> None:
    buffer = sink.buffer(rows=10, pending=12)
    await buffer.add(sink.batch("a", 6))
    await buffer.add(sink.batch("b", 6))
    assert sink.log == ["write a 6", "ack a", "write b 6", "ack b"]


async def test_nothing_is_acknowledged_while_the_server_is_away(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = monotonic()
    for module in TIMED:
        monkeypatch.setattr(module, "monotonic", lambda: now)
    sink.error, buffer = AWAY, sink.buffer(rows=1)
    for _ in range(3):
        await buffer.add(sink.batch("a", 1))
        now += server_wait.AGAIN_SECONDS
    assert (sink.log, buffer.blocked_by) == ([], "MySQL is not available: gone")
    sink.error = None
    await buffer.flush()
    assert sink.log == ["write a 3", "ack a", "ack a", "ack a"]
    assert buffer.blocked_by == ""


async def test_a_server_that_is_away_is_asked_ever_more_seldom(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, asked = monotonic(), list[float]()
    start = now
    for module in TIMED:
        monkeypatch.setattr(module, "monotonic", lambda: now)

    async def ask() -> None:
        asked.append(round(now - start, 1))

    sink.error, sink.meanwhile, buffer = AWAY, ask, sink.buffer(rows=1)
    await buffer.add(sink.batch("a", 1))
    for _ in range(300):
        now += 0.1
        await buffer.flush()
    assert asked == pytest.approx([0.0, 0.1, 0.5, 2.1, 8.5, 18.5, 28.5], abs=0.5)


async def test_no_more_is_taken_while_too_much_waits(sink: Sink) -> None:
    sink.error, buffer = AWAY, sink.buffer(rows=5, pending=10)
    await buffer.add(sink.batch("a", 5))
    full = asyncio.create_task(buffer.add(sink.batch("a", 5)))
    await asyncio.sleep(0.3)
    assert not full.done()
    sink.error = None
    await asyncio.wait_for(full, 5)
    assert sink.log == ["write a 10", "ack a", "ack a"]


async def test_who_waits_to_add_gives_up_when_the_lanes_move(sink: Sink) -> None:
    sink.error, buffer = AWAY, sink.buffer(pending=1)
    full = asyncio.create_task(buffer.add(sink.batch("a", 5)))
    await asyncio.sleep(0)
    await buffer.forget()
    await asyncio.wait_for(full, 5)
    assert sink.log == ["revoked"]


async def test_what_may_have_arrived_is_not_tried_again(sink: Sink) -> None:
    sink.error, buffer = Unacknowledged("Kafka", "60 s"), sink.buffer(rows=1)
    with pytest.raises(Unacknowledged):
        await buffer.add(sink.batch("a", 1))
    assert sink.log == []


async def test_batches_of_an_older_assignment_are_left_to_their_redelivery(sink: Sink) -> None:
    buffer = sink.buffer(rows=1)
    sink.generation = 2
    await buffer.add(sink.batch("a", 5, generation=1))
    await buffer.flush()
    assert sink.log == []


async def test_what_waits_is_dropped_when_the_lanes_move(sink: Sink) -> None:
    buffer = sink.buffer()
    await buffer.add(sink.batch("a", 5))
    await buffer.forget()
    await buffer.flush()
    assert sink.log == ["revoked"]


async def test_a_batch_that_comes_late_from_lanes_that_moved_is_dropped(sink: Sink) -> None:
    buffer = sink.buffer()
    await buffer.forget()
    await buffer.add(sink.batch("a", 5, generation=1))
    sink.generation = 2
    await buffer.add(sink.batch("a", 4, generation=1))
    await buffer.add(sink.batch("a", 3, generation=2))
    await buffer.flush()
    assert sink.log == ["revoked", "write a 3", "ack a"]


async def test_a_group_is_written_when_it_has_enough_bytes(sink: Sink) -> None:
    buffer = sink.buffer(size=100)
    await buffer.add(sink.batch("a", 1, size=60))
    assert sink.log == []
    await buffer.add(sink.batch("a", 1, size=40))
    assert sink.log == ["write a 2", "ack a", "ack a"]


async def test_all_is_written_when_too_many_bytes_wait(sink: Sink) -> None:
    buffer = sink.buffer(pending_size=100)
    await buffer.add(sink.batch("a", 1, size=60))
    await buffer.add(sink.batch("b", 1, size=40))
    assert sink.log == ["write a 1", "ack a", "write b 1", "ack b"]


class Clock:
    """The time of the modules."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = monotonic()
        for module in TIMED:
            monkeypatch.setattr(module, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def test_a_group_whose_table_has_changed_keeps_nothing_and_the_others_go_on(
    sink: Sink, clock: Clock
) -> None:
    buffer = sink.buffer(seconds=1.0)
    sink.broken = {"a"}
    await buffer.add(sink.batch("a", 5))
    await buffer.add(sink.batch("b", 5))
    clock.now += 2
    await buffer.flush_old()
    assert sink.log == ["try a", "hold [('a', 0)]", "write b 5", "ack b"]
    assert buffer.waiting == []
    # What was on its way is over; what comes of another lane of the group is held too.
    await buffer.add(sink.batch("a", 3))
    await buffer.add(sink.batch("a", 3, lane=1))
    assert sink.log[4:] == ["hold [('a', 1)]"]
    assert buffer.waiting == []
    assert buffer.held == ["table a does not fit its schema, its events wait: Unknown column"]


async def test_a_held_group_is_tried_with_the_first_batch_that_comes_again(
    sink: Sink, clock: Clock
) -> None:
    buffer = sink.buffer()
    sink.broken = {"a"}
    await buffer.add(sink.batch("a", 5))
    await buffer.flush()
    sink.log.clear()
    clock.now += held.TRY_SECONDS - 1
    await buffer.try_held()
    assert sink.log == []
    clock.now += 1
    await buffer.try_held()
    await buffer.try_held()
    await buffer.add(sink.batch("a", 5))
    assert sink.log == ["release [('a', 0)]", "try a", "hold [('a', 0)]"]
    assert len(buffer.held) == 1
    sink.log.clear()
    sink.broken.clear()
    clock.now += held.TRY_SECONDS
    await buffer.try_held()
    assert len(buffer.held) == 1
    await buffer.add(sink.batch("a", 5))
    assert sink.log == ["release [('a', 0)]", "write a 5", "ack a"]
    assert buffer.held == []
    await buffer.add(sink.batch("a", 5))
    assert sink.log[3:] == []


async def test_what_comes_while_a_write_fails_is_held_with_it(sink: Sink) -> None:
    async def comes() -> None:
        await buffer.add(sink.batch("a", 1, lane=1))

    buffer = sink.buffer()
    sink.broken, sink.meanwhile = {"a"}, comes
    await buffer.add(sink.batch("a", 5))
    await buffer.flush()
    assert (sink.log, buffer.waiting) == (["try a", "hold [('a', 0), ('a', 1)]"], [])


async def test_what_was_dropped_meanwhile_is_not_written(sink: Sink) -> None:
    buffer = sink.buffer()
    await buffer.add(sink.batch("a", 5))
    await buffer.add(sink.batch("a", 4, lane=1))
    sink.held = {("a", 0)}
    await buffer.flush()
    assert sink.log == ["write a 4", "ack a"]


async def test_held_groups_are_forgotten_when_the_lanes_move(sink: Sink) -> None:
    buffer = sink.buffer(rows=1)
    sink.broken = {"a"}
    await buffer.add(sink.batch("a", 5))
    await buffer.forget()
    sink.generation, sink.held = 2, set()
    assert buffer.held == []
    await buffer.add(sink.batch("a", 5, generation=2))
    assert len(buffer.held) == 1
