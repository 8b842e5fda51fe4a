"""The main job's parts: send recorded lines into the raw topics, wait until they have landed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from itertools import islice

from elfaust.delivery.lag import LagReader, TopicLag
from elfaust.delivery.publisher import publishing
from elfaust.errors import ElfaustError
from elfaust.records import Outgoing
from elfaust.settings import Settings
from elfaust.trial.recorded import recorded_lines

#: Lines of one publish; each publish goes to the next lane.
CHUNK = 1_000


class NotLanded(ElfaustError):
    """Lines that were sent had not landed everywhere in time."""


async def send(
    settings: Settings,
    count: int | None,
    rate: float = 0.0,
    sent: Callable[[int], None] = lambda total: None,
) -> int:
    """Send `count` recorded lines (None: without end), `rate` a second (0: as fast as it goes).

    `sent` is called with the total after each acknowledged chunk. Returns how many were sent.
    Raises Unacknowledged when Kafka does not acknowledge.
    """
    total, started = 0, time.monotonic()
    chunk = CHUNK if not rate else max(1, min(CHUNK, int(rate / 4)))
    lines = recorded_lines(
        2**40 if count is None else count, start=int(time.time()) * 1_000_000, base_time=time.time()
    )
    async with publishing(settings) as publisher:
        for lane, batch in enumerate(iter(lambda: list(islice(lines, chunk)), [])):
            await publisher.publish(_outgoing(settings, batch, lane % settings.topics.lanes))
            total += len(batch)
            sent(total)
            if rate:
                await asyncio.sleep(max(0.0, started + total / rate - time.monotonic()))
    return total


def _outgoing(settings: Settings, batch: list[tuple[str, bytes]], lane: int) -> list[Outgoing]:
    topics = settings.raw_topics
    now = int(time.time() * 1000)
    return [Outgoing(topics[kind], lane, line, now) for kind, line in batch]


def behind(lags: list[TopicLag]) -> Iterator[TopicLag]:
    """Yield the topics that a role has not read to the end."""
    return (lag for lag in lags if lag.lag)


async def landed(
    settings: Settings,
    raw: int,
    tick: Callable[[list[TopicLag]], None] = lambda lags: None,
    timeout: float = 600.0,
) -> None:
    """Wait until every role has acknowledged all that follows from `raw` raw lines.

    `tick` is called with the lags at each look. Raises NotLanded when nothing has moved for
    `timeout` seconds.
    """
    moved, before = time.monotonic(), -1
    async with LagReader(settings) as reader:
        while True:
            lags = await reader.read()
            tick(lags)
            seen = sum(lag.records for lag in lags if lag.role == "processor")
            if seen >= raw and not any(behind(lags)):
                return
            done = sum(lag.acknowledged for lag in lags)
            if done != before:
                moved, before = time.monotonic(), done
            if time.monotonic() - moved > timeout:
                stuck = ", ".join(f"{lag.role} {lag.topic} {lag.lag}" for lag in behind(lags))
                raise NotLanded(f"nothing has moved for {timeout:.0f} s; behind: {stuck}")
            await asyncio.sleep(0.3)
