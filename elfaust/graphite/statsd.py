"""Sends EventLogging's counters to StatsD: the differences of what is known once.

A worker that was restarted repeats nothing, for what the table of counts knows was counted once.
The counters of all lines are sent at 0 too: a dead inserter is a 0, and not a gap.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import closing, suppress

from elfaust.counts.view import View
from elfaust.graphite.datagrams import Datagrams
from elfaust.graphite.names import word
from elfaust.graphite.progress import Progress
from elfaust.graphite.shared import Shared
from elfaust.metrics.table import VALID_LINES
from elfaust.metrics.values import values
from elfaust.quiet import OnceAMinute
from elfaust.settings import Settings
from elfaust.settings.charts import Statsd

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

#: Seconds between two looks whether the table of counts was read to its end.
COMPLETE_SECONDS = 0.2
#: Seconds between two looks whether this worker is the one that sends: a group notices that one is
#: dead later than that.
OURS_SECONDS = 0.5


async def _again_and_again(settings: Statsd, send: Callable[[], Awaitable[None]]) -> None:
    """Send until cancelled, whatever StatsD and the look-up of its host do."""
    while True:
        try:
            await send()
        except Exception as error:
            what = str(error) or "its address was not found in time"
            log.warning("StatsD %s gets no counters: %s", settings.host, what)
        await asyncio.sleep(settings.seconds)


class StatsdSender:
    """Sends the numbers of all workers when it is this one's turn.

    `turn` gives the number of that, 0 when it is another's; `clock` gives seconds.
    """

    def __init__(
        self,
        settings: Settings,
        view: View,
        progress: Progress,
        turn: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings.statsd
        self._datagrams = Datagrams(settings.statsd, clock)
        self._raw_topics = settings.raw_topics
        self._view = view
        self._progress = progress
        self._turn = turn
        self._shared = Shared[str]("schemas", "other")
        #: The turn that this worker had last, and what was counted when it sent last.
        self._last = 0
        self._before: dict[str, int] = {}
        #: What was counted while another worker sent; None where that is not known.
        self._another_s: dict[str, int] | None = None
        self._schemas: Collection[str] = ()

    async def run(self) -> None:
        """Send until cancelled, from what is counted after the table was read to its end."""
        with closing(self._datagrams):
            await self.begin()
            await _again_and_again(self._settings, self._send_when_ours)

    async def begin(self) -> None:
        """Wait for all that was counted before: another worker has sent that."""
        while not self._view.complete:
            await asyncio.sleep(COMPLETE_SECONDS)
        self._another_s = self._totals()

    async def send(self) -> None:
        """Send what was counted since the last time.

        Raises OSError or TimeoutError while the host has no address; nothing is forgotten then.
        """
        if self._is_another_s():
            return
        await self._datagrams.find()
        now = self._totals()
        self._datagrams.send(self._new(now))
        self._before |= now

    async def _send_when_ours(self) -> None:
        # What another has sent until it died must not be sent again: so it is looked often.
        while self._is_another_s():
            await asyncio.sleep(OURS_SECONDS)
        await self.send()

    def _is_another_s(self) -> bool:
        """Tell whether another worker sends; note what it does, for then it may be this one."""
        turn = self._turn()
        if not turn or not self._view.complete:
            self._another_s = self._totals() if self._view.complete else None
            return True
        if turn != self._last:
            self._last = turn
            self._before = self._totals() if self._another_s is None else self._another_s
        # What was noted while lanes moved is older than what this turn sends from here on.
        self._another_s = None
        return False

    def _new(self, now: Mapping[str, int]) -> dict[str, int]:
        new = {}
        for name, total in now.items():
            # Of an offset that could not be read before it is not known how much of it is new. A
            # schema that was not there before has counted all its events since.
            unseen = 0 if name in self._schemas else total
            # A topic that was made again begins at 0.
            count = max(0, total - self._before.get(name, unseen))
            if count or name not in self._schemas:
                new[name] = count
        return new

    def _totals(self) -> dict[str, int]:
        """Return what was counted so far by the name of its counter."""
        lines = valid = 0
        schemas: Counter[str] = Counter()
        for row in self._view.rows():
            lines += row.lines
            valid += row.valid
            if row.valid:
                schema = self._shared.own(row.schema)
                schemas[self._settings.schema.format(schema=word(schema))] += row.valid
        self._schemas = schemas.keys()
        overall = self._settings.overall
        totals = {overall.format(name="raw"): lines, overall.format(name="valid"): valid, **schemas}
        offsets = self._progress.acknowledged
        if offsets is not None:
            totals[overall.format(name="inserted")] = sum(
                done for (role, _), done in offsets.items() if role == "mysql"
            )
            for kind, topic in self._raw_topics.items():
                totals[self._settings.raw.format(kind=kind)] = offsets.get(("processor", topic), 0)
        return totals


class ProcessorSender:
    """Sends how many lines of each raw topic this processor has passed and committed."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings.statsd
        self._datagrams = Datagrams(settings.statsd, clock)
        self._names = {
            topic: settings.statsd.valid.format(kind=kind)
            for kind, topic in settings.raw_topics.items()
        }
        self._sent: Counter[str] = Counter()

    async def run(self) -> None:
        """Send until cancelled, and what was committed at last."""
        with closing(self._datagrams):
            try:
                await _again_and_again(self._settings, self.send)
            finally:
                self.end()

    async def send(self) -> None:
        """Send what was committed since the last time.

        Raises OSError or TimeoutError while the host has no address; nothing is forgotten then.
        """
        await self._datagrams.find()
        self._send()

    def end(self) -> None:
        """Send what was committed at last, if somebody listens."""
        if self._datagrams.address:
            with suppress(OSError):
                self._send()

    def _send(self) -> None:
        counted = {
            topic: int(number)
            for (topic,), number in values().numbers(VALID_LINES).items()
            if topic in self._names
        }
        new = {
            name: counted.get(topic, 0) - self._sent[topic] for topic, name in self._names.items()
        }
        self._datagrams.send(new)
        self._sent = Counter(counted)
