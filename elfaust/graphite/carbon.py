"""Sends a point a minute and series to Carbon, until the chart shows what the table of counts has.

Carbon acknowledges nothing: what was written to a connection may have gone with it. So a minute is
sent again when its counts change, and what was sent within the last hour is sent again over each
new connection, and every ten minutes. Of the points of a minute the last one stays.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from elfaust.counts.view import View
from elfaust.graphite.connection import Connection
from elfaust.graphite.progress import Progress
from elfaust.graphite.series import OTHER, lines, points
from elfaust.graphite.shared import Shared
from elfaust.quiet import OnceAMinute
from elfaust.settings import Settings

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

#: What was sent, or counted, within so many seconds is sent again.
AGAIN_SECONDS = 3600.0
#: Seconds after which that is done without a new connection.
REPEAT_SECONDS = 600.0


class Sent(NamedTuple):
    """What of a minute was sent last, and when in Unix seconds."""

    stamp: tuple[int, int]
    at: float


#: What is said of a connection that is not made or takes nothing; that error has no text.
NOTHING_TAKEN = "it has taken nothing in time"
#: The stamp of a minute that is to be sent again.
AGAIN = (-1, -1)


class CarbonSender:
    """Sends while `owns` says that this worker does it for all; `clock` gives Unix seconds.

    What it keeps is a few numbers for each minute that the view keeps.
    """

    def __init__(
        self,
        settings: Settings,
        view: View,
        progress: Progress,
        owns: Callable[[], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings.carbon
        self._view = view
        self._progress = progress
        self._owns = owns
        self._shared = Shared("schema revisions", OTHER)
        self._clock = clock
        self._connection: Connection | None = None
        self._sent: dict[int, Sent] = {}
        self._began = self._repeated = 0.0

    async def run(self) -> None:
        """Send until cancelled, whatever Carbon does."""
        try:
            while True:
                try:
                    await self.send()
                except Exception as error:
                    where = f"{self._settings.host}:{self._settings.port}"
                    what = str(error) or NOTHING_TAKEN
                    log.warning("Carbon %s takes no counts, trying again: %s", where, what)
                    await self._close()
                await asyncio.sleep(self._settings.seconds)
        finally:
            await self._close()

    async def send(self) -> None:
        """Send the minutes that Carbon does not have as they are.

        Raises OSError or TimeoutError if it does not take them.
        """
        if not self._owns() or not self._view.complete:
            self._sent.clear()
            self._began = 0.0
            await self._close()
            return
        now = self._clock()
        self._began = self._began or now
        if self._connection is None or self._connection.ended:
            await self._close()
            settings = self._settings
            self._connection = await Connection.open(settings.host, settings.port, settings.timeout)
            self._repeat(now)
        elif now - self._repeated >= REPEAT_SECONDS:
            self._repeat(now)
        for minute, stamp in list(self._due(int(now // 60))):
            values = points(self._view.minute(minute), self._shared.own)
            values |= self._progress.minutes.get(minute, {})
            await self._connection.write(lines(self._settings.prefix, minute, values))
            self._sent[minute] = Sent(stamp, now)

    def _due(self, this: int) -> Iterator[tuple[int, tuple[int, int]]]:
        last_hour = range(this - 59, this + 1)
        minutes = {*last_hour, *self._view.changes}
        self._sent = {minute: sent for minute, sent in self._sent.items() if minute in minutes}
        for minute in sorted(minutes):
            change = self._view.changes.get(minute)
            stamp = change.number if change else 0, self._progress.readings[minute]
            sent = self._sent.get(minute)
            if sent is not None:
                due = sent.stamp != stamp
            else:
                # What was counted before that, another worker has sent.
                new = change is not None and change.written >= self._began - AGAIN_SECONDS
                due = minute in last_hour or new
            if due:
                yield minute, stamp

    def _repeat(self, now: float) -> None:
        self._repeated = now
        for minute, sent in self._sent.items():
            if sent.at >= now - AGAIN_SECONDS:
                self._sent[minute] = sent._replace(stamp=AGAIN)

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError):
                await connection.close()
