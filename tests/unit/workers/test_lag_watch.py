"""The lag among the metrics: of the worker's lanes alone, gone with them, and no worker's end."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from elfaust.delivery import privates
from elfaust.delivery.lane import Oldest
from elfaust.metrics.table import LAG_EVENTS, LAG_SECONDS
from elfaust.metrics.values import values
from elfaust.settings import Settings
from elfaust.workers import lag_watch
from elfaust.workers.lag_watch import LagWatch, watch_lag
from tests.stand_in import stand_in

A, B, TABLE = TP("a", 0), TP("b", 0), TP("counts-changelog", 0)


class Client:
    """A connection to Kafka, and how often one was made."""

    made = 0

    def __init__(self, bootstrap_servers: str) -> None:
        type(self).made += 1

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Group:
    """A worker's part in its group."""

    def __init__(self) -> None:
        self.flow_active = True
        self.lanes = {A, B, TABLE}

    def assignment(self) -> set[TP]:
        return self.lanes

    def oldest(self, tp: TP) -> Oldest | None:
        return Oldest(2, 1_600_000_000_000) if tp == A else None


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(lag_watch, "AIOKafkaConsumer", Client)
    monkeypatch.setattr(Client, "made", 0)
    watched = stand_in(
        role="mysql",
        settings=Settings(),
        readiness=SimpleNamespace(has_lanes=True),
        consumer=Group(),
        is_batched=lambda topic: "changelog" not in topic,
        revoked=[],
        beside=[],
        closes=[],
    )
    watched.on_partitions_revoked = SimpleNamespace(
        connect=lambda handler, weak: watched.revoked.append(handler)
    )
    watched.run_beside = watched.beside.append
    watched.on_close = watched.closes.append
    return watched


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Kafka's answer, and what happens before it."""
    answer = SimpleNamespace(at=10, error=None, before=lambda: None)

    async def ends(client: object, lanes: Collection[TP]) -> dict[TP, int]:
        answer.before()
        if answer.error:
            raise answer.error
        return dict.fromkeys(lanes, answer.at)

    monkeypatch.setattr(privates, "ends", ends)
    return answer


def shown() -> dict[Any, float]:
    return values().look().numbers.get(LAG_EVENTS, {})


async def looked(worker: Any) -> LagWatch:
    watch_lag(worker)
    watch: LagWatch = worker.beside[0].__self__
    await watch.look()
    return watch


async def test_a_worker_shows_the_lag_of_its_lanes_until_they_go(worker: Any, ends: Any) -> None:
    watch = await looked(worker)
    assert shown() == {("mysql", "a"): 8}
    assert values().look().numbers[LAG_SECONDS]["mysql", "a"] > 0
    [moves] = worker.revoked
    await moves({A})
    assert shown() == {}
    worker.consumer.lanes = {B}
    await watch.look()
    assert shown() == {}
    assert Client.made == 1
    [close] = worker.closes
    await close()


async def test_what_kafka_says_of_lanes_that_went_meanwhile_is_not_shown(
    worker: Any, ends: Any
) -> None:
    def moves() -> None:
        worker.consumer.lanes = {*worker.consumer.lanes}

    ends.before = moves
    await looked(worker)
    assert shown() == {}


@pytest.mark.parametrize("part", ["has_lanes", "flow_active"])
async def test_a_worker_without_lanes_asks_nobody(worker: Any, ends: Any, part: str) -> None:
    setattr(worker.readiness if part == "has_lanes" else worker.consumer, part, False)
    await looked(worker)
    assert (shown(), Client.made) == ({}, 0)


async def test_no_error_of_kafka_ends_the_watch(
    worker: Any, ends: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lag_watch, "LOOK_SECONDS", 0)
    watch, asked = LagWatch(worker), asyncio.Event()
    ends.error = OSError("away")
    ends.before = asked.set
    running = asyncio.create_task(watch.run())
    async with asyncio.timeout(5):
        for _ in range(2):
            asked.clear()
            await asked.wait()
        assert watch.failures
        ends.error = None
        while not watch.unread.records():
            await asyncio.sleep(0)
    assert watch.failures == 0
    running.cancel()
