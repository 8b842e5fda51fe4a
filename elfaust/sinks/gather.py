"""What the sinks share: gather batches, flush by size and age, acknowledge after the write.

Batches are gathered by group (a table, a lane) and a group is written as a whole by `write`; what
blocks is wrapped by `in_thread`. A batch is acknowledged when its group's write has returned, never
before, and the records that `write` refused are reported first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NamedTuple

from elfaust.errors import EventFault, TableChanged
from elfaust.quiet import OnceAMinute
from elfaust.types import Record

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute())

#: Seconds between tries of a group that waits for its table.
AGAIN_SECONDS = 10.0


class Gathered(NamedTuple):
    """One batch that waits to be written."""

    topic: str
    lane: int
    #: Which assignment of lanes delivered it; older ones are delivered again.
    generation: int
    records: Sequence[Record]
    acknowledge: Callable[[], object]


class Refused(NamedTuple):
    """A record that a sink could not take, and why."""

    topic: str
    lane: int
    record: Record
    fault: EventFault


#: Writes a group's batches durably and returns what it refused.
Write = Callable[[Any, Sequence[Gathered]], Awaitable[Sequence[Refused]]]
#: Stops or starts (True, False) the delivery of topics while a group cannot be written.
Hold = Callable[[set[str], bool], None]
#: Reports refused records; returns when that is durable.
Report = Callable[[Sequence[Refused]], Awaitable[None]]


@dataclass
class _Group:
    batches: list[Gathered] = field(default_factory=list)
    rows: int = 0
    since: float = field(default_factory=monotonic)
    #: When to try again a group that could not be written, as `monotonic` has it; 0: at once.
    again: float = 0.0


class Gather:
    """Gathers batches by group and writes each group when it is large or old enough.

    `flush_rows` and `flush_seconds` bound a group; at most `pending_rows` rows wait in all, beyond
    that `add` waits too, which pauses the worker's topics. A group whose write raises TableChanged
    waits by itself: `hold` stops its topics, it is tried again every `AGAIN_SECONDS`, and the
    others go on.
    """

    def __init__(
        self,
        *,
        group_of: Callable[[Gathered], Hashable],
        write: Write,
        report: Report,
        generation: Callable[[], int],
        flush_rows: int,
        flush_seconds: float,
        pending_rows: int,
        hold: Hold = lambda topics, held: None,
    ) -> None:
        self._group_of = group_of
        self._write = write
        self._report = report
        self._generation = generation
        self._flush_rows = flush_rows
        self._flush_seconds = flush_seconds
        self._pending_rows = pending_rows
        self._hold = hold
        self._groups: dict[Hashable, _Group] = {}
        self._rows = 0
        self._forgotten: int | None = None
        self._flushing = asyncio.Lock()

    async def add(self, batch: Gathered) -> None:
        """Take a batch; write what is large enough, or all if too much waits."""
        if batch.generation != self._generation() or batch.generation == self._forgotten:
            return
        key = self._group_of(batch)
        group = self._groups.setdefault(key, _Group())
        group.batches.append(batch)
        group.rows += len(batch.records)
        self._rows += len(batch.records)
        if group.rows >= self._flush_rows:
            await self._flush([key])
        elif self._rows >= self._pending_rows:
            await self._flush(list(self._groups))

    async def flush_old(self) -> None:
        """Write the groups whose oldest batch has waited for `flush_seconds`."""
        limit = monotonic() - self._flush_seconds
        await self._flush([key for key, group in self._groups.items() if group.since <= limit])

    async def flush(self) -> None:
        """Write all that waits."""
        await self._flush(list(self._groups))

    async def run(self) -> None:
        """Write groups as they grow old, until cancelled or a write fails."""
        while True:
            await asyncio.sleep(min(0.25, self._flush_seconds / 4))
            await self.flush_old()

    async def forget(self, of_lanes: Callable[[], None] = lambda: None) -> None:
        """Drop what waits, once a running write has ended: the lanes are moving.

        What still comes of their generation is dropped too: it will be delivered again.
        `of_lanes` is called before another write can begin.
        """
        async with self._flushing:
            self._groups.clear()
            self._rows = 0
            self._forgotten = self._generation()
            of_lanes()

    async def _flush(self, keys: Sequence[Hashable]) -> None:
        for key in keys:
            async with self._flushing:
                group = self._groups.get(key)
                if group is None or group.again > monotonic():
                    continue
                del self._groups[key]
                self._rows -= group.rows
                try:
                    refused = await self._write(key, group.batches)
                except TableChanged as changed:
                    self._wait(key, group, changed)
                    continue
                if refused:
                    await self._report(refused)
                for batch in group.batches:
                    batch.acknowledge()
                if group.again:
                    self._hold({batch.topic for batch in group.batches}, False)
                    log.info("%s: written again", key)

    def _wait(self, key: Hashable, group: _Group, changed: TableChanged) -> None:
        """Keep a group for later; what has come for it meanwhile goes behind it."""
        if not group.again:
            self._hold({batch.topic for batch in group.batches}, True)
        log.error("%s", changed)
        group.again = monotonic() + AGAIN_SECONDS
        later = self._groups.get(key, _Group())
        group.batches += later.batches
        group.rows += later.rows
        self._rows += group.rows - later.rows
        self._groups[key] = group


def in_thread(write: Callable[[Any, Sequence[Gathered]], Sequence[Refused]]) -> Write:
    """Return `write`, which blocks, as one that runs in a thread of its own beside the loop."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="sink")

    async def run(key: Any, batches: Sequence[Gathered]) -> Sequence[Refused]:
        return await asyncio.get_running_loop().run_in_executor(thread, write, key, batches)

    return run


def by_topic(batches: Sequence[Gathered]) -> Mapping[str, list[Record]]:
    """Return the records of each topic, in order of delivery."""
    topics: dict[str, list[Record]] = {}
    for batch in batches:
        topics.setdefault(batch.topic, []).extend(batch.records)
    return topics
