"""The role that keeps Hive's tables: it waits for servers, tells what it finds, and ends."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from elfaust.agents.hive import Keeper
from elfaust.errors import ServerAway
from elfaust.hive.found import Difference
from elfaust.hive.report import Report
from elfaust.settings import Settings

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
    assert [record.message for record in caplog.records] == [f"Waiting for {away}"]


async def test_it_goes_on_when_the_server_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Faltering(ServerAway("Hive metastore", "nobody"), Report())
    made = keeper(monkeypatch, runs)
    await ended(made, runs, 3)
    assert made.away == ""


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
