"""Gathering: flush by size and age, acknowledge after the write and never before."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from time import monotonic

import pytest

from elfaust.errors import EventFault, ServerAway, TableChanged, Unacknowledged
from elfaust.sinks import buffer as module
from elfaust.sinks import held as held_module
from elfaust.sinks.base import Rejected
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.buffer import Buffer, Buffered, by_topic, in_thread
from elfaust.sinks.held import Lane
from elfaust.testing import make_record


class Sink:
    """A sink that notes what happens in which order."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.fail = False
        self.refuse: list[Rejected] = []
        self.generation = 1
        self.held: set[Lane] = set()
        self.broken: set[Hashable] = set()

    async def write(self, key: Hashable, batches: Sequence[Buffered]) -> Sequence[Rejected]:
        if self.fail:
            raise ServerAway("MySQL", "gone")
        if key in self.broken:
            self.log.append(f"try {key}")
            raise TableChanged(str(key), "Unknown column")
        self.log.append(f"write {key} {sum(len(batch.records) for batch in batches)}")
        return self.refuse

    async def report(self, refused: Sequence[Rejected]) -> None:
        self.log.append(f"report {len(refused)}")

    async def hold(self, lanes: set[Lane], held: bool) -> None:
        self.log.append(f"{'hold' if held else 'release'} {sorted(lanes)}")
        self.held = self.held | lanes if held else self.held - lanes

    def gather(
        self,
        rows: int = 10,
        seconds: float = 60.0,
        pending: int = 100,
        size: int = 1_000,
        pending_size: int = 10_000,
    ) -> Buffer:
        return Buffer(
            group_of=lambda batch: batch.topic,
            write=self.write,
            report=self.report,
            generation=lambda: self.generation,
            flush=Bounds(rows, size),
            flush_seconds=seconds,
            pending=Bounds(pending, pending_size),
            hold=self.hold,
        )

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
    buffer = sink.gather(rows=10)
    await buffer.add(sink.batch("a", 6))
    await buffer.add(sink.batch("b", 6))
    assert sink.log == []
    await buffer.add(sink.batch("a", 4))
    assert sink.log == ["write a 10", "ack a", "ack a"]


async def test_a_quiet_group_is_written_when_it_is_old_enough(sink: Sink) -> None:
    buffer = sink.gather(seconds=0.01)
    running = asyncio.create_task(buffer.run())
    await buffer.add(sink.batch("quiet", 1))
    async with asyncio.timeout(5):
        while "ack quiet" not in sink.log:
            await asyncio.sleep(0)
    running.cancel()


async def test_young_groups_wait(sink: Sink) -> None:
    buffer = sink.gather(seconds=60)
    await buffer.add(sink.batch("a", 1))
    await buffer.flush_old()
    assert sink.log == []


async def test_all_is_written_when_too_much_waits(sink: Sink) -> None:
    buffer = sink.gather(rows=10, pending=12)
    await buffer.add(sink.batch("a", 6))
    await buffer.add(sink.batch("b", 6))
    assert sink.log == ["write a 6", "ack a", "write b 6", "ack b"]


async def test_nothing_is_acknowledged_while_the_server_is_away(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = monotonic()
    monkeypatch.setattr(module, "monotonic", lambda: now)
    sink.fail, buffer = True, sink.gather(rows=1)
    for _ in range(3):
        await buffer.add(sink.batch("a", 1))
        now += module.AGAIN_SECONDS
    assert (sink.log, buffer.blocked_by) == ([], "MySQL is not available: gone")
    sink.fail = False
    await buffer.flush()
    assert sink.log == ["write a 3", "ack a", "ack a", "ack a"]
    assert buffer.blocked_by == ""


async def test_a_server_that_is_away_is_asked_ever_more_seldom(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, asked = monotonic(), list[float]()
    start = now
    monkeypatch.setattr(module, "monotonic", lambda: now)

    async def write(key: Hashable, batches: Sequence[Buffered]) -> Sequence[Rejected]:
        asked.append(round(now - start, 1))
        raise ServerAway("MySQL", "gone")

    buffer = sink.gather(rows=1)
    buffer._write = write
    await buffer.add(sink.batch("a", 1))
    for _ in range(300):
        now += 0.1
        await buffer.flush()
    assert asked == pytest.approx([0.0, 0.1, 0.5, 2.1, 8.5, 18.5, 28.5], abs=0.5)


async def test_no_more_is_taken_while_too_much_waits(sink: Sink) -> None:
    sink.fail, buffer = True, sink.gather(rows=5, pending=10)
    await buffer.add(sink.batch("a", 5))
    full = asyncio.create_task(buffer.add(sink.batch("a", 5)))
    await asyncio.sleep(0.3)
    assert not full.done()
    sink.fail = False
    await asyncio.wait_for(full, 5)
    assert sink.log == ["write a 10", "ack a", "ack a"]


async def test_who_waits_to_add_gives_up_when_the_lanes_move(sink: Sink) -> None:
    sink.fail, buffer = True, sink.gather(pending=1)
    full = asyncio.create_task(buffer.add(sink.batch("a", 5)))
    await asyncio.sleep(0)
    await buffer.forget()
    await asyncio.wait_for(full, 5)
    assert sink.log == []


async def test_what_may_have_arrived_is_not_tried_again(sink: Sink) -> None:
    async def write(key: Hashable, batches: Sequence[Buffered]) -> Sequence[Rejected]:
        raise Unacknowledged("Kafka", "60 s")

    buffer = sink.gather(rows=1)
    buffer._write = write
    with pytest.raises(Unacknowledged):
        await buffer.add(sink.batch("a", 1))
    assert sink.log == []


async def test_refused_records_are_reported_before_the_acknowledgement(sink: Sink) -> None:
    record = make_record(b"{}", 0, 0)
    sink.refuse = [Rejected(record, EventFault("consumer", "too long"))]
    await sink.gather(rows=1).add(sink.batch("a", 1))
    assert sink.log == ["write a 1", "report 1", "ack a"]


async def test_batches_of_an_older_assignment_are_left_to_their_redelivery(sink: Sink) -> None:
    buffer = sink.gather(rows=1)
    sink.generation = 2
    await buffer.add(sink.batch("a", 5, generation=1))
    await buffer.flush()
    assert sink.log == []


async def test_what_waits_is_dropped_when_the_lanes_move(sink: Sink) -> None:
    buffer, moved = sink.gather(), []
    await buffer.add(sink.batch("a", 5))
    await buffer.forget(lambda: moved.append(True))
    await buffer.flush()
    assert sink.log == []
    assert moved == [True]


async def test_a_batch_that_comes_late_from_lanes_that_moved_is_dropped(sink: Sink) -> None:
    buffer = sink.gather()
    await buffer.forget()
    await buffer.add(sink.batch("a", 5, generation=1))
    sink.generation = 2
    await buffer.add(sink.batch("a", 4, generation=1))
    await buffer.add(sink.batch("a", 3, generation=2))
    await buffer.flush()
    assert sink.log == ["write a 3", "ack a"]


async def test_a_group_is_written_when_it_has_enough_bytes(sink: Sink) -> None:
    buffer = sink.gather(size=100)
    await buffer.add(sink.batch("a", 1, size=60))
    assert sink.log == []
    await buffer.add(sink.batch("a", 1, size=40))
    assert sink.log == ["write a 2", "ack a", "ack a"]


async def test_all_is_written_when_too_many_bytes_wait(sink: Sink) -> None:
    buffer = sink.gather(pending_size=100)
    await buffer.add(sink.batch("a", 1, size=60))
    await buffer.add(sink.batch("b", 1, size=40))
    assert sink.log == ["write a 1", "ack a", "write b 1", "ack b"]


class Clock:
    """The time of both modules."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = monotonic()
        monkeypatch.setattr(module, "monotonic", lambda: self.now)
        monkeypatch.setattr(held_module, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def test_a_group_whose_table_has_changed_keeps_nothing_and_the_others_go_on(
    sink: Sink, clock: Clock
) -> None:
    buffer = sink.gather(seconds=1.0)
    sink.broken = {"a"}
    await buffer.add(sink.batch("a", 5))
    await buffer.add(sink.batch("b", 5))
    clock.now += 2
    await buffer.flush_old()
    assert sink.log == ["try a", "hold [('a', 0)]", "write b 5", "ack b"]
    assert buffer._groups == {}
    # What was on its way is over; what comes of another lane of the group is held too.
    await buffer.add(sink.batch("a", 3))
    await buffer.add(sink.batch("a", 3, lane=1))
    assert sink.log[4:] == ["hold [('a', 1)]"]
    assert buffer._groups == {}
    assert buffer.held == ["table a does not fit its schema, its events wait: Unknown column"]


async def test_a_held_group_is_tried_with_the_first_batch_that_comes_again(
    sink: Sink, clock: Clock
) -> None:
    buffer = sink.gather(rows=1)
    sink.broken = {"a"}
    await buffer.add(sink.batch("a", 5))
    sink.log.clear()
    clock.now += held_module.TRY_SECONDS - 1
    await buffer.try_held()
    assert sink.log == []
    clock.now += 1
    await buffer.try_held()
    await buffer.try_held()
    buffer._large = Bounds(100, 100)
    await buffer.add(sink.batch("a", 5))
    assert sink.log == ["release [('a', 0)]", "try a", "hold [('a', 0)]"]
    assert len(buffer.held) == 1
    sink.log.clear()
    sink.broken.clear()
    clock.now += held_module.TRY_SECONDS
    await buffer.try_held()
    assert len(buffer.held) == 1
    await buffer.add(sink.batch("a", 5))
    assert sink.log == ["release [('a', 0)]", "write a 5", "ack a"]
    assert buffer.held == []
    await buffer.add(sink.batch("a", 5))
    assert sink.log[3:] == []


async def test_what_comes_while_a_write_fails_is_held_with_it(sink: Sink) -> None:
    async def write(key: Hashable, batches: Sequence[Buffered]) -> Sequence[Rejected]:
        await buffer.add(sink.batch("a", 1, lane=1))
        raise TableChanged(str(key), "Unknown column")

    buffer = sink.gather()
    buffer._write = write
    await buffer.add(sink.batch("a", 5))
    await buffer.flush()
    assert (sink.log, buffer._groups) == (["hold [('a', 0), ('a', 1)]"], {})


async def test_what_was_dropped_meanwhile_is_not_written(sink: Sink) -> None:
    buffer = sink.gather()
    await buffer.add(sink.batch("a", 5))
    await buffer.add(sink.batch("a", 4, lane=1))
    sink.held = {("a", 0)}
    await buffer.flush()
    assert sink.log == ["write a 4", "ack a"]


async def test_held_groups_are_forgotten_when_the_lanes_move(sink: Sink) -> None:
    buffer = sink.gather(rows=1)
    sink.broken = {"a"}
    await buffer.add(sink.batch("a", 5))
    await buffer.forget()
    sink.generation, sink.held = 2, set()
    assert buffer.held == []
    await buffer.add(sink.batch("a", 5, generation=2))
    assert len(buffer.held) == 1


async def test_in_thread_runs_beside_the_loop() -> None:
    def write(key: Hashable, batches: Sequence[Buffered]) -> Sequence[Rejected]:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return []

    assert await in_thread(write)("a", []) == []


def test_by_topic_keeps_the_order_of_delivery(sink: Sink) -> None:
    first, second = sink.batch("a", 2), sink.batch("a", 1, lane=1)
    assert by_topic([first, second]) == {"a": [*first.records, *second.records]}
