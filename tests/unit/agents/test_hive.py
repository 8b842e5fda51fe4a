"""The role that keeps Hive's tables: it waits for servers, tells what it finds, and ends."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import Any

import pytest

from elfaust.agents import hive as agent
from elfaust.agents.hive import Keeper
from elfaust.errors import ServerAway
from elfaust.hive.found import Difference
from elfaust.hive.report import Report
from elfaust.metrics.of_hive import (
    HIVE_ADDED,
    HIVE_DIFFERENCES,
    HIVE_MISSING,
    HIVE_MISSING_SECONDS,
)
from elfaust.metrics.values import values
from elfaust.settings import Settings
from elfaust.workers.readiness import Readiness
from tests.counted import counted
from tests.stand_in import stand_in

DIFFERENCE = Difference("edit_1", "is not external", "alter it")


class Faltering:
    """A sync whose runs end as they are listed; the last one again and again."""

    def __init__(self, *runs: Report | ServerAway) -> None:
        self._runs = list(runs)
        self.ended = 0

    def __call__(self) -> Report:
        run = self._runs.pop(0) if len(self._runs) > 1 else self._runs[0]
        self.ended += 1
        if isinstance(run, ServerAway):
            raise run
        return run


def keeper(monkeypatch: pytest.MonkeyPatch, runs: Faltering) -> Keeper:
    settings = Settings()
    made = Keeper(replace(settings, hive=replace(settings.hive, seconds=0.001)))
    monkeypatch.setattr(made._sync, "run", runs)
    return made


async def ended(made: Keeper, runs: Faltering, times: int) -> None:
    """Let it run so many times."""
    task = asyncio.create_task(made.run())
    async with asyncio.timeout(20):
        while runs.ended < times:
            await asyncio.sleep(0.001)
        await made.stop()
        await task


async def test_a_server_that_is_away_is_named_and_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = ServerAway("Hive metastore", "nobody")
    runs = Faltering(away, away, away)
    made = keeper(monkeypatch, runs)
    await ended(made, runs, 3)
    assert made.away == "Hive metastore is not available: nobody"
    assert not made.kept.is_set()
    assert [record.message for record in caplog.records] == [f"Waiting for {away}"]


async def test_it_goes_on_when_the_server_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Faltering(ServerAway("Hive metastore", "nobody"), Report())
    made = keeper(monkeypatch, runs)
    await ended(made, runs, 3)
    assert made.away == ""
    assert made.kept.is_set()


async def test_what_differs_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "elfaust.agents.hive")
    runs = Faltering(Report(told=[DIFFERENCE], added={"edit_1": 2}), Report(told=[DIFFERENCE]))
    made = keeper(monkeypatch, runs)
    await ended(made, runs, 4)
    assert made.told == ["edit_1: is not external"]
    said = [record.message for record in caplog.records if record.name == "elfaust.agents.hive"]
    assert said == [
        "Hive: 0 tables and 0 views made, 2 partitions added, 0 dropped",
        "Hive: edit_1: is not external",
    ]


async def test_what_is_added_missing_and_differs_is_among_the_metrics(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = Settings()
    hive = replace(settings.hive, seconds=0.001)
    worker: Any = stand_in(
        settings=replace(settings, hive=hive),
        readiness=Readiness(),
        held=[],
        run_beside=lambda work: None,
        on_drain=lambda drain: None,
        on_close=lambda close: None,
    )
    made = Keeper(worker.settings)
    monkeypatch.setattr(agent, "Keeper", lambda of: made)
    before = counted(HIVE_ADDED).get((), 0)
    agent.register(worker)
    assert values().look().numbers[HIVE_MISSING] == {(): 0}
    assert values().look().numbers[HIVE_MISSING_SECONDS] == {(): 0}
    runs = Faltering(Report(told=[DIFFERENCE], added={"edit_1": 2, "edit_2": 3}), Report())
    monkeypatch.setattr(made._sync, "run", runs)
    made._sync.pending = 7, time.time() - 100
    assert counted(HIVE_MISSING) == {(): 7}
    assert counted(HIVE_MISSING_SECONDS) == {(): pytest.approx(100, abs=60)}
    made._note(runs())
    assert counted(HIVE_DIFFERENCES) == {(): 1}
    made._note(runs())
    assert counted(HIVE_DIFFERENCES) == {}
    assert counted(HIVE_ADDED) == {(): before + 5}
