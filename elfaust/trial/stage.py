"""Measures the processor's job alone, from raw lines in Kafka to events and errors in Kafka.

The lines are in Kafka before anybody starts. The contenders (contenders.py) take turns on them,
one process each, with a consumer group and topics of their own. CPU time is that of the process,
from when it takes its first line until its last record is in Kafka; start-up is left out. On a
noisy machine only the ratios within one run count.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import NamedTuple

from elfaust.delivery.broker_errors import away
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import ServerTrouble
from elfaust.settings import Settings, state_folder
from elfaust.trial.bench import isolated
from elfaust.trial.contenders import Contender, LeftOut, Running, started
from elfaust.trial.job import NotLanded
from elfaust.trial.outputs import Outputs
from elfaust.trial.stage_lines import Sent, fill

#: Seconds between two looks at whether a contender takes lines, and at what it has published.
START_LOOK_SECONDS = 0.02
LOOK_SECONDS = 0.05
#: A contender that does nothing for so many seconds is given up.
PATIENCE_SECONDS = 120.0


class Moment(NamedTuple):
    """How far a contender has come: lines, CPU seconds since its first, resident bytes."""

    lines: int
    cpu_seconds: float
    memory: int


class Turn(NamedTuple):
    """What one contender did in one turn."""

    valid: int
    invalid: int
    seconds: float
    #: When a tenth of the lines was done, and at the end.
    early: Moment
    end: Moment

    @property
    def cpu_us(self) -> float:
        """CPU time a line, microseconds."""
        return 1e6 * self.end.cpu_seconds / self.end.lines

    @property
    def steady_cpu_us(self) -> float:
        """The same of the lines after the first tenth, with which schemas come for the first time.

        What was judged by then and not published yet is left out: a batch or two.
        """
        lines = self.end.lines - self.early.lines
        return 1e6 * (self.end.cpu_seconds - self.early.cpu_seconds) / lines if lines else 0.0


class Entry(NamedTuple):
    """A contender, the lines that it gets, and its turns."""

    contender: Contender
    #: How many in a hundred lines are invalid.
    percent: int
    sent: Sent
    turns: list[Turn]


async def measure(
    settings: Settings,
    contenders: Sequence[tuple[Contender, int]],
    percents: Sequence[int],
    turns: int,
    tell: Callable[[str], object],
) -> tuple[list[Entry], dict[str, str]]:
    """Return the turns of each contender with each share of invalid lines, and who was left out.

    A contender comes with how many lines it gets; who is left out with why. `tell` gets a line
    about each turn. Raises ServerAway where Kafka is, StackError and NotLanded where a contender
    does not do its job.
    """
    alone, left_out = isolated(settings), dict[str, str]()
    async with _removed(alone, tell):
        entries = await _entries(alone, contenders, percents, tell)
        for turn in range(turns):
            for entry in entries:
                name = entry.contender.name
                if name in left_out:
                    continue
                try:
                    found = await _turn(settings, entry, tell)
                except LeftOut as why:
                    left_out[name] = str(why)
                    tell(f"{name} is left out: {why}")
                    continue
                entry.turns.append(found)
                tell(f"turn {turn + 1} of {turns}: {name:<16} {found.cpu_us:7.1f} us")
    return [entry for entry in entries if entry.turns], left_out


async def _entries(
    alone: Settings,
    contenders: Sequence[tuple[Contender, int]],
    percents: Sequence[int],
    tell: Callable[[str], object],
) -> list[Entry]:
    """Send the lines of each number and share once; whoever gets these reads the same topic."""
    filled: dict[tuple[int, int], Sent] = {}
    for percent in percents:
        for _, count in contenders:
            if (count, percent) not in filled:
                tell(f"Sending {count:,} lines, {percent} % of them invalid ...")
                topic = f"{alone.topics.raw_client}-{count}-{percent}"
                filled[count, percent] = await fill(alone, topic, count, percent)
    return [
        Entry(contender, percent, filled[count, percent], [])
        for percent in percents
        for contender, count in contenders
    ]


async def _turn(settings: Settings, entry: Entry, tell: Callable[[str], object]) -> Turn:
    """Have a contender do its job on topics and in a state folder that nobody else has."""
    own = isolated(settings)
    own = replace(own, topics=replace(own.topics, raw_client=entry.sent.topic))
    outputs = Outputs(own)
    async with _removed(own, tell):
        await _make(own, {*outputs.topics, own.topics.raw_server})
        async with outputs:
            with started(entry.contender, own) as running:
                return await watched(running, outputs, entry)


async def _make(settings: Settings, topics: set[str]) -> None:
    """Create topics, and wait until brokers know them: one that they do not is not removed."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    async with TopicAdmin(settings) as admin:
        await admin.ensure(topics)
        while not topics <= await admin.names():
            if time.monotonic() > deadline:
                raise away(settings.kafka, "topics that it has created are not there")
            await asyncio.sleep(LOOK_SECONDS)


async def watched(running: Running, outputs: Outputs, entry: Entry) -> Turn:
    """Follow a contender from its first line to its last record.

    Raises LeftOut and StackError where it ends by itself, NotLanded where it does nothing for long.
    """
    # As of the look before the one that sees it take lines: none of its work is left out.
    cpu, began = running.cpu(), time.monotonic()
    patience = _Patience(entry.contender.name, running)
    while not running.takes():
        cpu, began = running.cpu(), time.monotonic()
        patience.look(0)
        await asyncio.sleep(START_LOOK_SECONDS)
    early: Moment | None = None
    while True:
        valid, invalid = await outputs.count()
        seen = Moment(valid + invalid, running.cpu() - cpu, running.memory())
        if early is None and 10 * seen.lines >= entry.sent.lines:
            early = seen
        if seen.lines >= entry.sent.lines:
            return Turn(valid, invalid, time.monotonic() - began, early or seen, seen)
        patience.look(seen.lines)
        await asyncio.sleep(LOOK_SECONDS)


class _Patience:
    """Gives up a contender that has ended, or has published nothing for long."""

    def __init__(self, name: str, running: Running) -> None:
        self._name, self._running = name, running
        self._done, self._moved = 0, time.monotonic()

    def look(self, done: int) -> None:
        self._running.check()
        now = time.monotonic()
        if done > self._done:
            self._done, self._moved = done, now
        elif now - self._moved > PATIENCE_SECONDS:
            raise NotLanded(
                f"{self._name}: {done} lines are done, and no more for {PATIENCE_SECONDS:.0f} s; "
                f"it said last: {self._running.last_words()}"
            )


@asynccontextmanager
async def _removed(settings: Settings, tell: Callable[[str], object]) -> AsyncIterator[None]:
    """Remove the topics and the folder of settings that are somebody's own, at the end.

    The topics stay where Kafka is away, which `tell` gets: who waits for it would hear so much
    later.
    """
    try:
        yield
    except ServerTrouble:
        shutil.rmtree(state_folder(settings), ignore_errors=True)
        tell(f"Topics whose names begin with {_prefix(settings)} may be left in Kafka")
        raise
    except BaseException:
        await _remove(settings)
        raise
    await _remove(settings)


async def _remove(settings: Settings) -> None:
    shutil.rmtree(state_folder(settings), ignore_errors=True)
    async with TopicAdmin(settings) as admin:
        await admin.delete(_prefix(settings))


def _prefix(settings: Settings) -> str:
    return settings.topics.event.partition("_")[0]
