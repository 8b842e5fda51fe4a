"""What the sinks share: buffer batches, flush by size and age, acknowledge after the write.

Batches are gathered by group (a table, a lane) and a group is written as a whole by `write`; what
blocks is wrapped by `in_thread`. A batch is acknowledged when its group's write has returned, never
before, and the records that `write` refused are reported first. What a server does not take waits
here, in bounds, and is tried again; what waits by itself waits in Kafka (held.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NamedTuple

from elfaust.errors import SchemaWaits, ServerAway
from elfaust.quiet import OnceAMinute
from elfaust.records import Record
from elfaust.sinks.base import Rejected
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.held import HeldGroups, Hold

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute())

#: Most seconds between tries of a server.
AGAIN_SECONDS = 10.0
#: Seconds until the first try of a server that did not answer; each further wait is longer.
SOON_SECONDS = 0.1
#: Seconds between two lines in the log about a server.
TELL_SECONDS = 60.0
#: Seconds between looks whether too much still waits.
FULL_SECONDS = 0.1


class Buffered(NamedTuple):
    """One batch that waits to be written."""

    topic: str
    lane: int
    #: Which assignment of lanes delivered it; older ones are delivered again.
    generation: int
    records: Sequence[Record]
    acknowledge: Callable[[], object]
    #: Bytes of the records' values.
    size: int = 0
    #: Tells whether its lane was held since: it comes again and is not to be written.
    dropped: Callable[[], bool] = lambda: False


#: Writes a group's batches durably and returns what it refused.
Write = Callable[[Any, Sequence[Buffered]], Awaitable[Sequence[Rejected]]]
#: Reports refused records; returns when that is durable.
Report = Callable[[Sequence[Rejected]], Awaitable[None]]


@dataclass
class _Group:
    batches: list[Buffered] = field(default_factory=list)
    rows: int = 0
    size: int = 0
    since: float = field(default_factory=monotonic)

    def take(self, batches: Sequence[Buffered]) -> None:
        self.batches += batches
        self.rows += sum(len(batch.records) for batch in batches)
        self.size += sum(batch.size for batch in batches)


class Buffer:
    """Gathers batches by group and writes each group when it is large or old enough.

    `flush` and `flush_seconds` bound a group, `pending` all that waits: beyond that `add` waits
    too, which pauses the worker's topics.

    While the server is away (ServerAway) all groups wait, and it is asked ever more seldom. A group
    whose write raises SchemaWaits waits by itself: `hold` holds its lanes and drops what was
    delivered of them, so that nothing of it is in memory, and the others go on.
    """

    def __init__(
        self,
        *,
        group_of: Callable[[Buffered], Hashable],
        write: Write,
        report: Report,
        generation: Callable[[], int],
        flush: Bounds,
        flush_seconds: float,
        pending: Bounds,
        hold: Hold,
    ) -> None:
        self._group_of = group_of
        self._write = write
        self._report = report
        self._generation = generation
        self._large = flush
        self._flush_seconds = flush_seconds
        self._pending = pending
        self._held = HeldGroups(hold)
        self._groups: dict[Hashable, _Group] = {}
        self._forgotten: int | None = None
        self._flushing = asyncio.Lock()
        #: Why no group can be written, when to try again, and the wait before that.
        self.blocked_by = ""
        self._again = self._pause = 0.0
        self._told = -TELL_SECONDS

    @property
    def held(self) -> list[str]:
        """Why groups wait by themselves."""
        return self._held.reasons

    async def add(self, batch: Buffered) -> None:
        """Take a batch; write what is large enough; wait while too much waits."""
        key = self._group_of(batch)
        if self._held.waits(key):
            await self._shed(key, batch)
        if self._is_over(batch):
            return
        group = self._groups.setdefault(key, _Group())
        group.take([batch])
        if self._held.is_tried(key) or self._large.reached(group.rows, group.size):
            await self._flush([key])
        while self._is_full() and not self._is_over(batch):
            await self._flush(list(self._groups))
            if self._is_full():
                await asyncio.sleep(FULL_SECONDS)

    async def flush_old(self) -> None:
        """Write the groups whose oldest batch has waited for `flush_seconds`."""
        limit = monotonic() - self._flush_seconds
        await self._flush([key for key, group in self._groups.items() if group.since <= limit])

    async def flush(self) -> None:
        """Write all that waits."""
        await self._flush(list(self._groups))

    async def try_held(self) -> None:
        """Have the groups that wait by themselves come again when their time has come."""
        async with self._flushing:
            if self._again <= monotonic():
                await self._held.release_due()

    async def run(self) -> None:
        """Write groups as they grow old, until cancelled or a write fails."""
        while True:
            await asyncio.sleep(min(0.25, self._flush_seconds / 4))
            await self.flush_old()
            await self.try_held()

    async def forget(self, of_lanes: Callable[[], None] = lambda: None) -> None:
        """Drop what waits, once a running write has ended: the lanes are moving.

        What still comes of their generation is dropped too: it will be delivered again.
        `of_lanes` is called before another write can begin.
        """
        async with self._flushing:
            self._groups.clear()
            self._held.clear()
            self._forgotten = self._generation()
            of_lanes()

    def _is_over(self, batch: Buffered) -> bool:
        moved = batch.generation != self._generation() or batch.generation == self._forgotten
        return moved or batch.dropped()

    def _is_full(self) -> bool:
        groups = self._groups.values()
        return self._pending.reached(
            sum(group.rows for group in groups), sum(group.size for group in groups)
        )

    async def _shed(self, key: Hashable, batch: Buffered) -> None:
        async with self._flushing:
            if self._held.waits(key) and not self._is_over(batch):
                await self._held.shed(key, (batch.topic, batch.lane))

    async def _flush(self, keys: Sequence[Hashable]) -> None:
        for key in keys:
            async with self._flushing:
                if key not in self._groups or self._again > monotonic():
                    continue
                group, began = self._groups.pop(key), monotonic()
                batches = [batch for batch in group.batches if not self._is_over(batch)]
                if not batches:
                    continue
                try:
                    refused = await self._write(key, batches)
                except SchemaWaits as alone:
                    await self._wait_alone(key, batches, alone, monotonic() - began)
                    continue
                except ServerAway as away:
                    self._keep(key, batches, group.since)
                    self._wait_for_server(away)
                    continue
                if refused:
                    await self._report(refused)
                for batch in batches:
                    batch.acknowledge()
                self._goes_on(key)

    def _keep(self, key: Hashable, batches: Sequence[Buffered], since: float) -> None:
        """Keep a group for later, in front of what has come for it meanwhile."""
        later = self._groups.get(key, _Group())
        self._groups[key] = _Group(since=since)
        self._groups[key].take([*batches, *later.batches])

    async def _wait_alone(
        self, key: Hashable, batches: Sequence[Buffered], alone: SchemaWaits, took: float
    ) -> None:
        later = self._groups.pop(key, _Group())
        lanes = {
            (batch.topic, batch.lane)
            for batch in (*batches, *later.batches)
            if not self._is_over(batch)
        }
        if lanes:
            await self._held.hold(key, lanes, alone, took)

    def _wait_for_server(self, away: ServerAway) -> None:
        if not away.retriable:
            raise away
        if self._pause:
            # Once is a deadlock or a connection that had grown old.
            self.blocked_by = str(away)
            if monotonic() - self._told >= TELL_SECONDS:
                self._told = monotonic()
                log.warning("%s; events wait", away)
        self._pause = min(AGAIN_SECONDS, 4 * self._pause or SOON_SECONDS)
        self._again = monotonic() + self._pause

    def _goes_on(self, key: Hashable) -> None:
        if self.blocked_by:
            log.info("Goes on after: %s", self.blocked_by)
        self.blocked_by, self._pause, self._told = "", 0.0, -TELL_SECONDS
        self._held.goes_on(key)


def in_thread(write: Callable[[Any, Sequence[Buffered]], Sequence[Rejected]]) -> Write:
    """Return `write`, which blocks, as one that runs in a thread of its own beside the loop."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="sink")

    async def run(key: Any, batches: Sequence[Buffered]) -> Sequence[Rejected]:
        return await asyncio.get_running_loop().run_in_executor(thread, write, key, batches)

    return run


def by_topic(batches: Sequence[Buffered]) -> Mapping[str, list[Record]]:
    """Return the records of each topic, in order of delivery."""
    topics: dict[str, list[Record]] = {}
    for batch in batches:
        topics.setdefault(batch.topic, []).extend(batch.records)
    return topics
