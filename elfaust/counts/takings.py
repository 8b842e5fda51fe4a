"""The lanes that a worker counts: taken with an assignment, written together, ended as they go."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Protocol

from elfaust.counts.checks import Missing, looked_at, missing
from elfaust.counts.entry import CountKey, Tally
from elfaust.counts.merged import Merged
from elfaust.counts.taking import Records, Taking
from elfaust.errors import ServerAway, Unacknowledged
from elfaust.quiet import OnceAMinute
from elfaust.settings.stores import Throughput

log = logging.getLogger(__name__)
clock_log = log.getChild("clock")
clock_log.addFilter(OnceAMinute(of_a_kind=True))

RETRY_SECONDS = 1.0
#: How far records of the changelog may be ahead of this machine's clock, seconds: brokers take them
#: up to an hour ahead of theirs.
AHEAD_SECONDS = 7_200.0
SLOW_CLOCK = (
    "The clock of this machine is wrong, or was: counts were written to Kafka %.0f s later than it"
    " is here. No old counts are forgotten until that is over"
)
#: How many missing entries of a lane are told one by one.
MOST_TOLD = 20


async def _nothing() -> None:
    """Make nothing."""


class Reader(Protocol):
    """What reads the changelog."""

    merged: Merged

    def caught_up(self, must_exist: bool) -> Awaitable[None]:
        """Return when all is read that is in the changelog now; raises ServerAway."""


class Takings:
    """The takings of this worker's lanes; `write` takes records to Kafka, `clock` gives Unix s.

    `make` makes the changelog where there is none.

    One at a time counts and writes: within `turn`.
    """

    def __init__(
        self,
        settings: Throughput,
        reader: Reader,
        write: Callable[[Mapping[int, Records]], Awaitable[None]],
        clock: Callable[[], float] = time.time,
        *,
        make: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        self._make = make
        self._settings = settings
        self._reader = reader
        self._write = write
        self._clock = clock
        self.turn = asyncio.Lock()
        self.lanes: dict[int, Taking] = {}
        #: Why lanes cannot be taken, "" while they can.
        self.blocked_by = ""

    @property
    def missing(self) -> list[Missing]:
        """What was missing of this worker's lanes when it took them."""
        return [of for taking in self.lanes.values() for of in taking.missing]

    def end(self) -> None:
        """End all takings: the lanes go."""
        self.lanes = {}

    async def take(self, lanes: Iterable[int]) -> None:
        """Take lanes, as the changelog has them now to its end; wait for Kafka if it is away.

        What earlier owners had written when they lost the lanes is in it then; what they write
        later is under other keys.
        """
        self.end()
        while True:
            try:
                await self._reader.caught_up(must_exist=True)
                break
            except ServerAway as away:
                self.blocked_by = str(away)
                log.warning("The counts of lanes cannot be read, trying again: %s", away)
            with suppress(ServerAway):
                # Somebody may have deleted it: nobody else makes it while workers run.
                await self._make()
            await asyncio.sleep(RETRY_SECONDS)
        self.blocked_by = ""
        self.lanes = {lane: self._taken(lane) for lane in lanes}

    def _taken(self, lane: int) -> Taking:
        found = self._reader.merged.lane(lane).copy()
        hours = looked_at(self._clock(), self._settings.keep_hours)
        lacking = missing(lane, found.entries, found.checks, hours)
        for of in lacking[:MOST_TOLD]:
            about = {"lane": lane, "when": of.when, "have": of.have, "should": of.should}
            log.error("Kafka has lost counts, or somebody has deleted them: %s", of, extra=about)
        if len(lacking) > MOST_TOLD:
            log.error("Kafka has lost %d counts of lane %d in all", len(lacking), lane)
        return Taking(lane, found, lacking)

    def add(self, lane: int, tallies: Mapping[CountKey, Tally]) -> Callable[[], None]:
        """Add what a batch of a lane counts to its entries; `written` takes them to Kafka.

        Returns what is to be called once the batch's offset is committed. Raises Unacknowledged
        where the lane is not taken: what it had counted may be in Kafka or not.
        """
        if (taking := self.lanes.get(lane)) is None:
            raise Unacknowledged("Kafka", f"what was counted of lane {lane} is not known")
        return partial(taking.commit, taking.add(tallies))

    async def written(self) -> None:
        """Return when all that was added is in Kafka; raises Unacknowledged."""
        await self._send({lane: taking.changes() for lane, taking in self.lanes.items()})

    async def tidy(self) -> None:
        """Forget what is too old, and write what there should be."""
        async with self.turn:
            kept, now = self._settings, self._clock()
            ahead = self._reader.merged.newest - now
            if is_slow := ahead > AHEAD_SECONDS:
                # To a machine that begins in 1970 all hours are to come.
                clock_log.error(SLOW_CLOCK, ahead)
            records: dict[int, Records] = {}
            for lane, taking in self.lanes.items():
                old: Records = []
                if not is_slow:
                    old = taking.forget_old(now, kept.keep_minutes, kept.keep_hours)
                records[lane] = [*old, *taking.changes(), *taking.check()]
            await self._send(records)

    async def _send(self, records: Mapping[int, Records]) -> None:
        wanted = {lane: of for lane, of in records.items() if of}
        if not wanted:
            return
        takings = {lane: self.lanes[lane] for lane in wanted}
        try:
            await self._write(wanted)
        except (Exception, asyncio.CancelledError):
            # It counts as if all were in Kafka, and that nobody knows.
            for lane, taking in takings.items():
                if self.lanes.get(lane) is taking:
                    del self.lanes[lane]
            raise


def told(takings: Takings) -> list[str]:
    """Return in words what is missing."""
    return [str(of) for of in takings.missing[:MOST_TOLD]]
