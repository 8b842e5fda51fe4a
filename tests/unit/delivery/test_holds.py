"""Held lanes: nothing of them in memory, nothing of them lost, and none of the others waits."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest
from faust.types import TP

from elfaust.delivery import thread
from elfaust.sinks import buffer, held, server_wait
from tests.unit.delivery.model import POLL, QUEUE, Flow
from tests.unit.delivery.played import lanes_of, nothing

A, B, A1 = TP("a", 0), TP("b", 0), TP("a", 1)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for the clock."""
    monkeypatch.setattr(thread, "MOVING_SECONDS", 0)
    monkeypatch.setattr(held, "TRY_SECONDS", 0)
    monkeypatch.setattr(server_wait, "SOON_SECONDS", 1e-9)
    monkeypatch.setattr(server_wait, "AGAIN_SECONDS", 1e-9)
    monkeypatch.setattr(buffer, "FULL_SECONDS", 0)


def by_topic(topic: str, lane: int) -> object:
    return topic


def by_lane(topic: str, lane: int) -> object:
    """Group as the HDFS sink: a lane with its topics, one of which waits alone."""
    return lane, topic if topic == "b" else ""


async def test_a_flood_of_a_held_topic_waits_in_kafka_and_the_other_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(held, "TRY_SECONDS", 3_600)
    flow = Flow(0, {A: 400, A1: 400, B: 400}, by_topic)
    flow.broken = {"a"}
    async with flow.running():
        await flow.until_committed("b")
        assert flow.kafka.paused == {A, A1}
        assert [flow.kafka.position[tp] for tp in (A, A1)] == [0, 0]
        assert flow.most["a"] <= 10 + POLL
        assert len(flow.buffer.held) == 1
        # The pause of Faust's own ends when its queue drains: this one does not.
        flow.backed_up.update({A, A1})
        flow.on_buffer_drop(A)
        assert flow.active == {B}
        flow.resume_partitions({A1, B})
        assert flow.active == {B}
        flow.broken.clear()
        monkeypatch.setattr(held, "monotonic", lambda: monotonic() + 3_600)
        await flow.until_committed()
    assert flow.written == {tp: list(range(400)) for tp in flow.ends}
    assert flow.buffer.held == []


async def test_what_was_acknowledged_before_a_hold_is_committed() -> None:
    lanes = await lanes_of({A}, range(10), POLL)
    [first], [second] = [await lanes.fetched(), await lanes.fetched()]
    lanes.acknowledge(first)
    await lanes.hold([A])
    assert (first.dropped, second.dropped) == (False, True)
    await lanes.commit()
    assert lanes.committed_of(A) == (5, "")
    assert lanes.kafka.position[A] == 5
    # It cannot be acknowledged any more.
    lanes.acknowledge(second)
    await lanes.commit()
    assert lanes.committed_of(A) == (5, "")
    await lanes.release([A])
    [again] = await lanes.fetched()
    assert (again.first, again.offset) == (5, 9)


async def test_what_was_fetched_before_a_hold_and_comes_after_the_release_is_dropped() -> None:
    lanes = await lanes_of({A}, range(10), POLL)
    await lanes.fetched()

    async def hold_and_release() -> None:
        lanes.meanwhile = nothing
        await lanes.hold([A])
        await lanes.release([A])

    lanes.meanwhile = hold_and_release
    assert await lanes.fetched() == []
    [first], [second] = [await lanes.fetched(), await lanes.fetched()]
    assert (first.first, second.first) == (0, 5)


async def test_a_paused_lane_stays_paused_when_its_queue_drains() -> None:
    lanes = await lanes_of({A, B}, range(10), POLL)
    lanes.on_buffer_full(A)
    lanes.pause_partitions({A})
    lanes.on_buffer_drop(A)
    assert lanes.active == {B}


async def test_a_release_after_the_lanes_have_moved_does_nothing() -> None:
    flow = Flow(0, {A: 10}, by_topic)
    await flow.assigned()
    await flow.fetched()
    await flow.hold([A])
    flow.kafka.generation = 2
    await flow.release([A])
    assert (flow.active, flow.kafka.paused) == (set(), {A})
    flow.resume_partitions({A})
    assert flow.active == set()
    await flow.move()
    assert (flow.active, flow.kafka.paused) == ({A}, set())
    flow.resume_partitions({A})
    assert flow.active == {A}


@pytest.mark.parametrize("group_of", [by_topic, by_lane])
@pytest.mark.parametrize("moves", [False, True])
def test_whatever_comes_in_which_order_every_row_is_written_in_order(
    group_of: object, moves: bool
) -> None:
    async def run(seed: int) -> None:
        ends = {A: 60, A1: 45, B: 60, TP("b", 1): 33}
        flow = Flow(seed, ends, group_of)  # type: ignore[arg-type]
        keys: list[object] = ["a", "b"] if group_of is by_topic else [(0, ""), (0, "b"), (1, "")]
        async with flow.running():
            for _ in range(flow.random.randrange(12)):
                for _ in range(flow.random.randrange(30)):
                    await asyncio.sleep(0)
                flow.broken = set(flow.random.sample(keys, flow.random.randrange(len(keys))))
                flow.away = flow.random.random() < 0.2
                if moves and flow.random.random() < 0.3:
                    await flow.move()
            flow.broken, flow.away = set(), False
            await flow.until_committed()
        for tp, written in flow.written.items():
            # Once where no lanes move; in any case nothing before what comes before it.
            assert list(dict.fromkeys(written)) == list(range(ends[tp])), seed
            assert moves or len(written) == ends[tp], seed
            assert max(flow.most.values()) <= 40 + QUEUE * POLL

    for seed in range(15):
        asyncio.run(run(seed))
