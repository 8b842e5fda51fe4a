"""Gathering: flush by size and age, acknowledge after the write and never before."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from elfaust.errors import Unacknowledged
from elfaust.sinks import server_wait
from tests.unit.sinks.gathering import AWAY, TIMED, Sink


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
        assert buffer.retries
    assert (sink.log, buffer.blocked_by) == ([], "MySQL is not available: gone")
    sink.error = None
    await buffer.flush()
    assert sink.log == ["write a 3", "ack a", "ack a", "ack a"]
    assert (buffer.blocked_by, buffer.retries) == ("", False)


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
    sink.generation = 2
    await buffer.forget()
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
