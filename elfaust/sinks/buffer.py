"""What the sinks share: buffer batches, flush by size and age, acknowledge after the write.

Batches are gathered by group (a table, a lane), and a group is written as a whole. A batch is
acknowledged when its group's write has returned, never before. What a server does not take waits
here, in bounds, and is tried again; what waits by itself waits in Kafka (held.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from time import monotonic
from typing import Protocol

from elfaust.errors import SchemaWaits, ServerAway
from elfaust.sinks.base import Limits
from elfaust.sinks.groups import Buffered, Group
from elfaust.sinks.held import HeldGroups, Hold
from elfaust.sinks.server_wait import ServerWait

#: Seconds between looks whether too much still waits.
FULL_SECONDS = 0.1


class Writer(Protocol):
    """What a buffer hands its groups to: a sink in its thread (in_thread.py), or a counter."""

    @property
    def limits(self) -> Limits:
        """When a group is written, and how much may wait."""

    def group_of(self, topic: str, lane: int, /) -> Hashable:
        """Return what a batch is written with."""

    async def write(self, batches: Sequence[Buffered], /) -> None:
        """Store the batches of one group; durable on return. Raises what Sink.write raises."""

    def on_revoked(self) -> None:
        """Forget what is known of lanes: they are moving, and no `write` is running."""


class Buffer:
    """Gathers batches by group and writes each group when it is large or old enough.

    Above the limit of all that waits, `add` waits too, which pauses the worker's topics.

    While the server is away (ServerAway) all groups wait, and it is asked ever more seldom. A group
    whose write raises SchemaWaits waits by itself: `hold` holds its lanes and drops what was
    delivered of them, so that nothing of it is in memory, and the others go on.
    """

    def __init__(self, writer: Writer, hold: Hold) -> None:
        self._writer = writer
        self._limits = writer.limits
        self._held = HeldGroups(hold)
        self._server = ServerWait()
        self._groups: dict[Hashable, Group] = {}
        self._flushing = asyncio.Lock()

    @property
    def blocked_by(self) -> str:
        """Why no group can be written, "" while they can."""
        return self._server.blocked_by

    @property
    def retries(self) -> bool:
        """Whether the server did not serve when it was last asked."""
        return self._server.retries

    @property
    def held(self) -> list[str]:
        """Why groups wait by themselves."""
        return self._held.reasons

    @property
    def waiting(self) -> list[Buffered]:
        """The batches that wait in memory."""
        return [batch for group in self._groups.values() for batch in group.batches]

    async def add(self, batch: Buffered) -> None:
        """Take a batch; write what is large enough; wait while too much waits."""
        key = self._writer.group_of(batch.topic, batch.lane)
        if self._held.waits(key):
            await self._shed(key, batch)
        if batch.dropped():
            return
        group = self._groups.setdefault(key, Group())
        group.take([batch])
        if self._held.is_tried(key) or self._limits.flush.reached(group.rows, group.size):
            await self._flush([key])
        while self._is_full() and not batch.dropped():
            await self._flush(list(self._groups))
            if self._is_full():
                await asyncio.sleep(FULL_SECONDS)

    async def flush_old(self) -> None:
        """Write the groups whose oldest batch has waited for `flush_seconds`."""
        limit = monotonic() - self._limits.flush_seconds
        await self._flush([key for key, group in self._groups.items() if group.since <= limit])

    async def flush(self) -> None:
        """Write all that waits."""
        await self._flush(list(self._groups))

    async def try_held(self) -> None:
        """Have the groups that wait by themselves come again when their time has come."""
        async with self._flushing:
            if self._server.is_over:
                await self._held.release_due()

    async def run(self) -> None:
        """Write groups as they grow old, until cancelled or a write fails."""
        while True:
            await asyncio.sleep(min(0.25, self._limits.flush_seconds / 4))
            await self.flush_old()
            await self.try_held()

    async def forget(self) -> None:
        """Drop what waits, once a running write has ended: the lanes are moving."""
        async with self._flushing:
            self._groups.clear()
            self._held.clear()
            self._writer.on_revoked()

    def _is_full(self) -> bool:
        groups = self._groups.values()
        return self._limits.pending.reached(
            sum(group.rows for group in groups), sum(group.size for group in groups)
        )

    async def _shed(self, key: Hashable, batch: Buffered) -> None:
        async with self._flushing:
            if self._held.waits(key) and not batch.dropped():
                await self._held.shed(key, (batch.topic, batch.lane))

    async def _flush(self, keys: Sequence[Hashable]) -> None:
        for key in keys:
            async with self._flushing:
                if key not in self._groups or not self._server.is_over:
                    continue
                group, began = self._groups.pop(key), monotonic()
                batches = [batch for batch in group.batches if not batch.dropped()]
                if not batches:
                    continue
                try:
                    await self._writer.write(batches)
                except SchemaWaits as alone:
                    await self._wait_alone(key, batches, alone, monotonic() - began)
                    continue
                except ServerAway as away:
                    self._keep(key, batches, group.since)
                    self._server.begin(away)
                    continue
                for batch in batches:
                    batch.acknowledge()
                self._server.end()
                self._held.goes_on(key)

    def _keep(self, key: Hashable, batches: Sequence[Buffered], since: float) -> None:
        """Keep a group for later, in front of what has come for it meanwhile."""
        later = self._groups.get(key, Group())
        self._groups[key] = Group(since=since)
        self._groups[key].take([*batches, *later.batches])

    async def _wait_alone(
        self, key: Hashable, batches: Sequence[Buffered], alone: SchemaWaits, took: float
    ) -> None:
        later = self._groups.pop(key, Group())
        lanes = {
            (batch.topic, batch.lane) for batch in (*batches, *later.batches) if not batch.dropped()
        }
        if lanes:
            await self._held.hold(key, lanes, alone, took)
