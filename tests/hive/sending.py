"""Recorded lines of a few schemas, for Hive's sake."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable
from itertools import islice

from elfaust.delivery.publisher import publishing
from elfaust.records import Outgoing
from elfaust.settings import Settings
from elfaust.trial.recorded import recorded_lines


async def send_of(settings: Settings, schemas: Collection[str], count: int) -> int:
    """Send the next lines that name one of the schemas, each to the next lane."""
    now, names = time.time(), [f"%22{name}%22".encode() for name in schemas]
    start = int(now) * 1_000_000
    lines = (
        (kind, line)
        for kind, line in recorded_lines(2**40, start=start, base_time=now)
        if any(name in line for name in names)
    )
    await publish(settings, islice(lines, count))
    return count


async def publish(settings: Settings, lines: Iterable[tuple[str, bytes]]) -> None:
    """Send lines with their kinds, each to the next lane."""
    now, lanes = int(time.time() * 1e3), settings.topics.lanes
    async with publishing(settings) as publisher:
        await publisher.publish(
            [
                Outgoing(settings.raw_topics[kind], n % lanes, line, now)
                for n, (kind, line) in enumerate(lines)
            ]
        )


def sent_of(settings: Settings, schemas: Collection[str], count: int) -> int:
    """Send lines, as `send_of`, from where no loop runs."""
    return asyncio.run(send_of(settings, schemas, count))
