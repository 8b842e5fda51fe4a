"""Races that were seen, each in the order in which it did harm: trials with a script."""

from __future__ import annotations

import asyncio
import gc
import logging
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faust.types import TP

from tests.unit.interleavings.counts import CountsTrial
from tests.unit.interleavings.fakes import faking
from tests.unit.interleavings.faults import nothing
from tests.unit.interleavings.loop import thread_of
from tests.unit.interleavings.process import Process
from tests.unit.interleavings.sinks import SinkTrial
from tests.unit.interleavings.trial import Trial


@pytest.fixture(autouse=True)
def faked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the fakes in place."""
    faking(monkeypatch, sys.modules)
    logging.disable(logging.CRITICAL)
    gc.disable()
    yield
    gc.enable()
    logging.disable(logging.NOTSET)


async def until(done: Callable[[], object], seconds: float = 120) -> None:
    """Wait until something is so, at most so many seconds."""
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.01)


class Gate(asyncio.Event):
    """What something waits for."""

    async def passed(self) -> None:
        """Wait until it is open."""
        await self.wait()


class Scripted(Trial):
    """A trial without chance but for its times: one lane of one topic, and so many workers."""

    lanes = 1
    workers = 1

    def begin(self) -> list[Process]:
        """Make all as every trial has it, without faults; start the workers."""
        self.loop.mixes = 0.0
        self.set_up(self.workers)
        self.sick.commits = self.sick.sends = self.sick.writes = 0.0
        self.broker.delayed = self.broker.slowness = 0.0
        for number, process in enumerate(self.processes):
            process.start(f"w{number}")
        return self.processes


class CommitHangs(Scripted, SinkTrial):
    """Kafka answers no commit while lanes are revoked: they go nevertheless, and soon."""

    async def act(self) -> None:
        [process] = self.begin()
        answers = Gate()
        await until(lambda: self.written)
        self.sick.of_commit = lambda: (answers.passed, nothing)  # type: ignore[method-assign]
        self.produce()
        await asyncio.sleep(2)
        self.group.move()
        await until(lambda: process.client and process.client.generation == 2, seconds=8)
        answers.set()
        self.did.append("moved")


class GapIsAskedFor(Scripted, SinkTrial):
    """Lanes move, and flow again, while Kafka is asked about a gap in the offsets of a lane.

    What was delivered before is not stored: what comes after the gap must not get before it.
    """

    async def act(self) -> None:
        [process] = self.begin()
        tp, opened, asked = TP(self.topics[0], 0), Gate(), asyncio.Event()
        await until(lambda: not self.lacks())
        client = process.client
        assert client is not None

        async def earliest(lanes: object) -> dict[TP, int]:
            asked.set()
            await opened.wait()
            return {tp: 0}

        self.sick.away_until = math.inf
        client.beginning_offsets = earliest  # type: ignore[method-assign]
        self.broker.append(tp, None, b"{}")
        await asyncio.sleep(1)
        self.broker.skip(tp)
        for _ in range(30):
            self.broker.append(tp, None, b"{}")
        await asked.wait()
        del client.beginning_offsets
        self.group.move()
        await until(lambda: client.generation == 2)
        await until(lambda: process.worker and not process.worker.rebalancing)
        opened.set()
        self.sick.away_until = 0.0
        self.did.append("moved")


class ZombieCounts(Scripted, CountsTrial):
    """A frozen worker's counts arrive after its successor's, and Kafka compacts them."""

    workers = 2

    async def act(self) -> None:
        processes = self.begin()
        arrives = Gate()
        # The entries that the one writes are those that the other writes.
        self.hours, self.topics = 1, self.topics[:1]
        await until(lambda: not self.lacks())
        owner, other = sorted(processes, key=lambda of: not (of.client and of.client.given))
        self.sick.of_send = lambda: (arrives.passed, nothing)  # type: ignore[method-assign]
        self.produce()
        await asyncio.sleep(1)
        del self.sick.of_send
        for part in (owner.name, thread_of(owner.name)):
            self.loop.freeze(part)
        self.group.leave(owner.name)
        await until(lambda: other.client and other.client.given)
        self.produce()
        await until(lambda: not self.lacks())
        arrives.set()
        await asyncio.sleep(1)
        self.broker.compact(self.changelog)
        self.did.append("moved")


@pytest.mark.parametrize("proof", [CommitHangs, GapIsAskedFor, ZombieCounts])
def test_what_was_seen_does_no_harm(proof: type[Scripted], tmp_path: Path) -> None:
    trial = proof(1, tmp_path)
    assert trial.run() == []
    assert trial.did == ["moved"]
    assert not [reason for process in trial.processes for reason in process.reasons]
