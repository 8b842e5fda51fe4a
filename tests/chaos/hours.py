"""A load whose hours go back one every few seconds, so that there are new folders all the time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import islice

from elfaust.delivery.publisher import publishing
from elfaust.records import Outgoing
from elfaust.settings import Settings
from elfaust.trial.recorded import recorded_lines

#: Schemas whose lines are sent, and seconds until they are of the hour before.
NAMES = (b"%22SaveTiming%22", b"%22VirtualPageView%22", b"%22EchoMail%22")
NEXT_HOUR = 5.0
#: Lines of one publish.
CHUNK = 25


async def send_hours(
    settings: Settings, count: int | None, rate: float, sent: Callable[[int], None]
) -> int:
    """Send lines until `sent`, which is called with their number, raises; `count` is not looked at.

    The load is no more than a few schemas' lines, each in a new hour: each makes a folder.
    """
    total, began, start = 0, time.monotonic(), int(time.time()) * 1_000_000
    async with publishing(settings) as publisher:
        while True:
            gone = time.monotonic() - began
            base = time.time() - 3600 * (gone // NEXT_HOUR)
            # Each chunk has a thousandth of the numbers until the next second.
            numbered = recorded_lines(2**40, start=start + 1_000 * total, base_time=base)
            lines = islice((of for of in numbered if any(n in of[1] for n in NAMES)), CHUNK)
            now, lane = int(time.time() * 1000), total // CHUNK % settings.topics.lanes
            topics = settings.raw_topics
            made = [Outgoing(topics[kind], lane, line, now) for kind, line in lines]
            await publisher.publish(made)
            total += len(made)
            sent(total)
            await asyncio.sleep(max(0.0, began + total / rate - time.monotonic()))
