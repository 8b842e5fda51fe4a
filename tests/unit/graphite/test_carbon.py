from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from elfaust.counts.entry import CountKey
from elfaust.counts.view import View
from elfaust.graphite.carbon import CarbonSender
from elfaust.graphite.progress import Progress
from elfaust.settings import Settings
from tests.unit.devstack.conftest import free_port

VALID = "elfaust.overall.valid"


class Carbon:
    """Takes lines at a port of its own, and keeps the last number of each point."""

    def __init__(self) -> None:
        self.port = free_port()
        self.points: dict[tuple[str, int], int] = {}
        self.writers: list[asyncio.StreamWriter] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self.take, "127.0.0.1", self.port)
        yield
        server.close()
        for writer in self.writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        self.writers.clear()
        await server.wait_closed()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        with suppress(OSError):
            while line := await reader.readline():
                name, value, at = line.decode().split()
                self.points[name, int(at) // 60] = int(value)


class Trial:
    def __init__(self) -> None:
        self.carbon = Carbon()
        base = Settings()
        self.settings = replace(
            base,
            carbon=replace(
                base.carbon, host="127.0.0.1", port=self.carbon.port, seconds=0.02, timeout=0.5
            ),
        )
        self.view = View(keep_minutes=1440)
        self.view.complete = True
        self.owner = True
        self.progress = Progress(self.settings, lambda: self.owner)
        self.sender = CarbonSender(self.settings, self.view, self.progress, lambda: self.owner)
        self.now = int(time.time() // 60)

    def count(self, minute: int, count: int, written: float | None = None) -> None:
        key = CountKey(3, "eventlogging_Edit_1", "Edit", 1, "", minute)
        value = {"count": count, "last": 1, "positions": {}}
        self.view.apply(key, value, time.time() if written is None else written)

    async def until(self, minute: int, count: int) -> None:
        await until(lambda: self.carbon.points.get((VALID, minute)) == count)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


@pytest.fixture
async def trial() -> AsyncIterator[Trial]:
    made = Trial()
    task = asyncio.create_task(made.sender.run())
    yield made
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_minute_is_sent_and_again_when_it_changes(trial: Trial) -> None:
    late = trial.now - 120
    async with trial.carbon.running():
        trial.count(trial.now - 1, 5)
        await trial.until(trial.now - 1, 5)
        # Nothing is a number too.
        await trial.until(trial.now - 2, 0)
        assert trial.carbon.points["elfaust.overall.errors.validation", trial.now - 2] == 0
        assert trial.carbon.points["elfaust.schema.Edit.1.valid", trial.now - 1] == 5
        assert (VALID, late) not in trial.carbon.points
        trial.count(late, 2)
        await trial.until(late, 2)
        trial.count(trial.now - 1, 9)
        await trial.until(trial.now - 1, 9)


async def test_what_another_worker_has_sent_long_ago_is_not_sent(trial: Trial) -> None:
    trial.count(trial.now - 300, 5, written=time.time() - 7200)
    trial.count(trial.now - 200, 6, written=time.time() - 600)
    async with trial.carbon.running():
        await trial.until(trial.now - 200, 6)
        await trial.until(trial.now, 0)
        assert (VALID, trial.now - 300) not in trial.carbon.points


async def test_a_carbon_that_was_away_gets_the_last_hour_and_what_it_missed(trial: Trial) -> None:
    late = trial.now - 120
    async with trial.carbon.running():
        trial.count(trial.now - 3, 4)
        trial.count(late, 1)
        await trial.until(trial.now - 3, 4)
        await trial.until(late, 1)
    # The new connection alone is the reason to send again.
    trial.sender._repeated = time.time()
    # What it had in its memory went with it.
    trial.carbon.points.clear()
    trial.count(trial.now - 2, 7)
    async with trial.carbon.running():
        await trial.until(trial.now - 3, 4)
        await trial.until(trial.now - 2, 7)
        await trial.until(late, 1)


async def test_a_worker_that_does_not_own_lane_0_sends_nothing(trial: Trial) -> None:
    async with trial.carbon.running():
        await trial.until(trial.now, 0)
        trial.owner = False
        await until(lambda: trial.sender._connection is None)
        trial.carbon.points.clear()
        trial.count(trial.now, 5)
        await asyncio.sleep(0.2)
        assert not trial.carbon.points
        trial.owner = True
        await trial.until(trial.now, 5)


async def test_a_carbon_that_takes_nothing_is_left_and_nothing_fails(trial: Trial) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        trial.carbon.writers.append(writer)
        await asyncio.Event().wait()

    take, trial.carbon.take = trial.carbon.take, hang  # type: ignore[method-assign]
    for n in range(3000):
        key = CountKey(0, "t", f"S{n:0200}", 1, "", trial.now)
        trial.view.apply(key, {"count": 1, "last": 1, "positions": {}}, time.time())
    hanging = asyncio.create_task(_hang_for(trial, 1.5))
    await hanging
    trial.carbon.take = take  # type: ignore[method-assign]
    async with trial.carbon.running():
        await trial.until(trial.now, 3000)


async def _hang_for(trial: Trial, seconds: float) -> None:
    server = await asyncio.start_server(trial.carbon.take, "127.0.0.1", trial.carbon.port)
    await until(lambda: bool(trial.carbon.writers))
    await asyncio.sleep(seconds)
    server.close()
    for writer in trial.carbon.writers:
        writer.transport.abort()
    trial.carbon.writers.clear()
