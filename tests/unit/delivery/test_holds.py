"""Held lanes: nothing of them in memory, nothing of them lost, and none of the others waits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from faust.types import TP

from elfaust.delivery import thread as transport_thread
from elfaust.sinks import buffer, held, server_wait
from tests.unit.lanes.model import POLL, QUEUE, Lanes

A, B, A1 = TP("a", 0), TP("b", 0), TP("a", 1)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for the clock."""
    monkeypatch.setattr(transport_thread, "MOVING_SECONDS", 0)
    monkeypatch.setattr(held, "TRY_SECONDS", 0)
    monkeypatch.setattr(server_wait, "SOON_SECONDS", 1e-9)
    monkeypatch.setattr(server_wait, "AGAIN_SECONDS", 1e-9)
    monkeypatch.setattr(buffer, "FULL_SECONDS", 0)


def by_topic(topic: str, lane: int) -> object:
    return topic


def by_lane(topic: str, lane: int) -> object:
    """Group as the HDFS sink: a lane with its topics, one of which waits alone."""
    return lane, topic if topic == "b" else ""


async def fetched(lanes: Lanes) -> list[Any]:
    return [message async for _, message in lanes.getmany(0.0)]


async def test_a_flood_of_a_held_topic_waits_in_kafka_and_the_other_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(held, "TRY_SECONDS", 3_600)
    lanes = Lanes(0, {A: 400, A1: 400, B: 400}, by_topic)
    lanes.broken = {"a"}
    async with lanes.running():
        await lanes.until_committed("b")
        assert lanes._held == {A, A1}
        assert lanes.kafka.paused == {A, A1}
        assert [lanes.kafka.position[tp] for tp in (A, A1)] == [0, 0]
        assert lanes.most["a"] <= 10 + POLL
        assert not any(lanes._in_flight[tp] for tp in (A, A1))
        assert len(lanes.buffer.held) == 1
        # The pause of Faust's own ends when its queue drains: this one does not.
        lanes._buffered_partitions = {A, A1}
        lanes.on_buffer_drop(A)
        assert lanes._active_partitions == {B}
        lanes.resume_partitions({A1, B})
        assert lanes._active_partitions == {B}
        lanes.broken.clear()
        for group in lanes.buffer._held._groups.values():
            group.again = 0.0
        await lanes.until_committed()
    assert lanes.written == {tp: list(range(400)) for tp in lanes.kafka.ends}
    assert lanes.buffer.held == []


async def test_what_was_acknowledged_before_a_hold_is_committed() -> None:
    lanes = Lanes(0, {A: 10}, by_topic)
    [first], [second] = [await fetched(lanes), await fetched(lanes)]
    first.incref(1)
    first.ack(lanes)
    await lanes.hold([A])
    assert (first.dropped, second.dropped) == (False, True)
    lanes.written[A] = list(range(5))
    await lanes.commit()
    assert lanes.kafka.committed[A].offset == 5
    assert lanes.kafka.position[A] == 5
    # It cannot be acknowledged any more.
    second.incref(1)
    second.ack(lanes)
    await lanes.commit()
    assert lanes.kafka.committed[A].offset == 5
    await lanes.release([A])
    [again] = await fetched(lanes)
    assert (again.first, again.offset) == (5, 9)


async def test_what_was_fetched_before_a_hold_and_comes_after_the_release_is_dropped() -> None:
    lanes = Lanes(0, {A: 10}, by_topic)
    await fetched(lanes)
    late = await lanes._thread._fetch_records(lanes.kafka, {A}, 0.0, 500)
    assert [record.offset for record in late[A]] == [5, 6, 7, 8, 9]
    await lanes.hold([A])
    await lanes.release([A])
    assert not lanes._counts(A, late)
    [first], [second] = [await fetched(lanes), await fetched(lanes)]
    assert (first.first, second.first) == (0, 5)


async def test_what_was_fetched_before_a_seek_of_all_lanes_is_dropped() -> None:
    lanes = Lanes(0, {A: 10}, by_topic)
    late = await lanes._thread._fetch_records(lanes.kafka, {A}, 0.0, 500)
    await lanes.perform_seek()
    lanes.resume_flow()
    assert not lanes._counts(A, late)
    [first] = await fetched(lanes)
    assert first.first == 0


async def test_a_paused_lane_stays_paused_when_its_queue_drains() -> None:
    lanes = Lanes(0, {A: 10, B: 10}, by_topic)
    lanes.on_buffer_full(A)
    lanes.pause_partitions({A})
    lanes.on_buffer_drop(A)
    assert lanes._active_partitions == {B}


async def test_a_release_after_the_lanes_have_moved_does_nothing() -> None:
    lanes = Lanes(0, {A: 10}, by_topic)
    await fetched(lanes)
    await lanes.hold([A])
    lanes.kafka.generation = 2
    await lanes.release([A])
    assert (lanes._held, lanes._active_partitions, lanes.kafka.paused) == ({A}, set(), {A})
    await lanes.move()
    assert (lanes._held, lanes._active_partitions, lanes.kafka.paused) == (set(), {A}, set())


@pytest.mark.parametrize("group_of", [by_topic, by_lane])
@pytest.mark.parametrize("moves", [False, True])
def test_whatever_comes_in_which_order_every_row_is_written_in_order(
    group_of: object, moves: bool
) -> None:
    async def run(seed: int) -> None:
        ends = {A: 60, A1: 45, B: 60, TP("b", 1): 33}
        lanes = Lanes(seed, ends, group_of)  # type: ignore[arg-type]
        keys: list[object] = ["a", "b"] if group_of is by_topic else [(0, ""), (0, "b"), (1, "")]
        async with lanes.running():
            for _ in range(lanes.random.randrange(12)):
                for _ in range(lanes.random.randrange(30)):
                    await asyncio.sleep(0)
                lanes.broken = set(lanes.random.sample(keys, lanes.random.randrange(len(keys))))
                lanes.away = lanes.random.random() < 0.2
                if moves and lanes.random.random() < 0.3:
                    await lanes.move()
            lanes.broken, lanes.away = set(), False
            await lanes.until_committed()
        for tp, written in lanes.written.items():
            # Once where no lanes move; in any case nothing before what comes before it.
            assert list(dict.fromkeys(written)) == list(range(ends[tp])), seed
            assert moves or len(written) == ends[tp], seed
            assert max(lanes.most.values()) <= 40 + QUEUE * POLL

    for seed in range(25):
        asyncio.run(run(seed))
