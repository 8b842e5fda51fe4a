"""Lanes are taken over in one task an assignment, which ends as soon as they move again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from faust.types import TP

from elfaust.errors import Unacknowledged
from tests.unit.delivery.played import Kafka, Lanes, nothing

LANE, OTHER = TP("eventlogging_Edit_1", 0), TP("eventlogging_Edit_1", 3)


class Taken:
    """A worker whose lanes are taken over by real objects; its Kafka is played."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lanes = Lanes(Kafka({LANE: [7, 8], OTHER: [7, 8]}))
        self.worker: Any = self.lanes.app
        self.taking = self.worker.tables.recovery
        self.prepared: list[frozenset[int]] = []
        self.crashed: list[BaseException] = []
        self.ready = asyncio.Event()
        self.worker.before_lanes(self.prepare)
        monkeypatch.setattr(self.taking, "crash", self.crash)
        monkeypatch.setattr("elfaust.delivery.privates.start_fetching", nothing)
        self.lanes._thread.assignment = lambda: set(self.lanes.kafka.offsets)

    async def prepare(self, lanes: frozenset[int]) -> None:
        self.prepared.append(lanes)
        await self.ready.wait()

    async def crash(self, error: BaseException) -> None:
        self.crashed.append(error)

    async def assign(self) -> asyncio.Task[None]:
        lanes = set(self.lanes.kafka.offsets)
        self.worker.on_rebalance_start()
        await self.lanes.on_partitions_assigned(lanes, self.lanes.kafka.generation)
        await self.taking.on_rebalance(lanes, set(), lanes, self.lanes.kafka.generation)
        task: asyncio.Task[None] = self.taking._taking
        await asyncio.sleep(0)
        return task


@pytest.fixture
async def taken(monkeypatch: pytest.MonkeyPatch) -> Taken:
    return Taken(monkeypatch)


async def test_nothing_flows_before_the_role_is_prepared(taken: Taken) -> None:
    task = await taken.assign()
    assert taken.prepared == [frozenset({0, 3})]
    assert (taken.lanes.lanes, taken.lanes.flow_active) == ({}, False)
    assert not taken.worker.flow_control.is_active()
    taken.ready.set()
    await task
    assert taken.lanes.lanes.keys() == {LANE, OTHER}
    assert (taken.lanes.flow_active, taken.worker.rebalancing) == (True, False)
    assert taken.worker.flow_control.is_active()
    assert taken.taking.completed.is_set()
    assert [message.offset for message in await taken.lanes.fetched()] == [8, 8]


async def test_lanes_that_move_again_are_prepared_for_again(taken: Taken) -> None:
    first = await taken.assign()
    await taken.lanes.on_partitions_revoked({LANE, OTHER})
    taken.lanes.kafka.generation = 2
    del taken.lanes.kafka.offsets[LANE]
    second = await taken.assign()
    taken.ready.set()
    await second
    assert first.cancelled()
    assert taken.prepared == [frozenset({0, 3}), frozenset({3})]
    assert [lane.generation for lane in taken.lanes.lanes.values()] == [2]
    assert taken.crashed == []


async def test_a_seek_that_is_over_gives_no_lanes(taken: Taken) -> None:
    """The group was asked for one assignment, and answers in the next."""
    taken.ready.set()
    asked = asyncio.Event()

    async def answer() -> None:
        asked.set()
        await asyncio.sleep(0)

    taken.lanes.kafka.asked = answer
    await taken.assign()
    await asked.wait()
    await taken.lanes.on_partitions_revoked({LANE, OTHER})
    await asyncio.sleep(0.01)
    assert (taken.lanes.lanes, taken.lanes.flow_active) == ({}, False)


async def test_a_preparation_that_fails_ends_the_worker(taken: Taken) -> None:
    async def fail(lanes: frozenset[int]) -> None:
        raise ValueError("no counts")

    taken.worker.before_lanes(fail)
    taken.ready.set()
    await (await taken.assign())
    assert [str(error) for error in taken.crashed] == ["no counts"]
    assert not taken.lanes.flow_active


async def test_a_seek_that_fails_as_lanes_move_ends_no_worker(taken: Taken) -> None:
    async def fail(lanes: frozenset[int]) -> None:
        del taken.lanes.kafka.offsets[LANE]
        raise AssertionError("aiokafka has no assignment")

    taken.worker.before_lanes(fail)
    taken.ready.set()
    await (await taken.assign())
    assert (taken.crashed, taken.lanes.flow_active) == ([], False)


async def test_kafka_that_does_not_answer_ends_the_worker(taken: Taken) -> None:
    """Faust takes a time-out for a stop, and would wait for ever."""
    taken.ready.set()
    taken.worker.conf.broker_request_timeout = 0.01

    async def wait() -> None:
        await asyncio.Future[None]()

    taken.lanes.kafka.asked = wait
    await (await taken.assign())
    [error] = taken.crashed
    assert isinstance(error, Unacknowledged)
    assert "no answer within 0.01 s while lanes were taken over" in str(error)
