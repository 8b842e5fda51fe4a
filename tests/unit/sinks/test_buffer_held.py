"""A group whose table or folder has trouble is held alone, and tried again."""

from __future__ import annotations

import pytest

from elfaust.sinks import held
from tests.unit.sinks.gathering import Clock, Sink


@pytest.fixture
def sink() -> Sink:
    return Sink()


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
