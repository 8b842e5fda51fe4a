"""Lines of many requests to a spool: answered when the disk has them, in Kafka some time later.

While the disk is asked to keep one stretch of the spool, the next one gathers.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from elfaust.intake.spools import SpoolFolder
from elfaust.intake.taking import AWAY_SECONDS, Outcome, Publisher
from elfaust.quiet import OnceAMinute
from elfaust.settings import Settings
from elfaust.sources.forwarder import Forwarder
from elfaust.sources.spool import Spool

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

#: Seconds between two tries of a disk without room.
TRY_SECONDS = 0.5


class Spooler:
    """Spools lines, and forwards what it and its predecessors have spooled, each line once."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Spool below a folder.

        Raises OSError where it cannot be written, but not where the disk is full: it gets room by
        what is forwarded.
        """
        self._most_bytes = settings.intake.spool_bytes
        self._most_line_bytes = settings.processor.max_line_bytes
        of_intake = replace(settings.forwarder, topic=settings.topics.raw_client, rate=0.0)
        self._settings = replace(settings, forwarder=of_intake)
        self._folder = folder
        self._own: SpoolFolder | None = None
        self._forwarders = {of: self._forwarder(of) for of in SpoolFolder.left_in(folder)}
        self._begin()
        self._syncing = asyncio.Lock()
        #: A thread of its own: what else is done in threads may take its time.
        self._disk = ThreadPoolExecutor(1, "disk of the spool")
        self._next_sync: asyncio.Task[bool] | None = None
        #: When the disk was asked that has not answered.
        self._asked: float | None = None
        self._running = self._stopping = False

    @property
    def held(self) -> list[str]:
        """What waits by itself, and why."""
        return [why for forwarder in self._forwarders.values() for why in forwarder.held]

    def _begin(self) -> SpoolFolder | None:
        """Return the spool of this process, None where the disk has no room for one."""
        if self._own is None:
            try:
                self._own = SpoolFolder.made_in(self._folder)
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise
                log.error("There is no room for a spool: %s", error)
                return None
            self._forwarders[self._own] = self._forwarder(self._own)
        return self._own

    def _forwarder(self, of: SpoolFolder) -> Forwarder:
        return Forwarder(self._settings, of.path, of.source(ended=of is not self._own))

    @property
    def size(self) -> int:
        """Bytes of spooled lines that are not in Kafka."""
        return sum(forwarder.unsent for forwarder in self._forwarders.values())

    @property
    def is_away(self) -> bool:
        """Whether the disk is known not to take lines now."""
        if self._stopping or self._own is None:
            return True
        return self._asked is not None and time.monotonic() - self._asked > AWAY_SECONDS

    async def take(self, lines: Sequence[bytes], *, acks: bool) -> list[Outcome]:
        """Spool lines; return what has become of each, with `acks` when the disk has said so."""
        long = {n for n, line in enumerate(lines) if len(line) > self._most_line_bytes}
        data = b"".join(line + b"\n" for n, line in enumerate(lines) if n not in long)
        taken = await self._spooled(data, acks) if data else Outcome.AWAY
        return [Outcome.TOO_LONG if n in long else taken for n in range(len(lines))]

    async def _spooled(self, data: bytes, acks: bool) -> Outcome:
        own = self._own
        if own is None or self.is_away or self.size + len(data) > self._most_bytes:
            return Outcome.AWAY
        try:
            own.spool.append_piece(data)
        except OSError as error:
            log.error("The spool takes nothing: %s", error)
            return Outcome.AWAY
        if not acks:
            return Outcome.HASTY
        if self._next_sync is None:
            self._next_sync = asyncio.create_task(self._sync(own.spool))
        # Whoever is cancelled leaves it to the others.
        return Outcome.SUCCESS if await asyncio.shield(self._next_sync) else Outcome.AWAY

    async def _sync(self, spool: Spool) -> bool:
        """Return whether the disk has all that is spooled when it is asked."""
        async with self._syncing:
            self._next_sync, self._asked = None, time.monotonic()
            try:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._disk, spool.syncing())
            except OSError as error:
                log.error("The disk does not keep what is spooled: %s", error)
                return False
            finally:
                self._asked = None
            return True

    async def run(self, publisher: Publisher) -> None:
        """Forward what is spooled, until stopped and all of it is in Kafka.

        Raises ServerTrouble or KafkaError where Kafka does not take it, and can be called again.
        """
        self._running = True
        try:
            async with asyncio.TaskGroup() as tasks:
                for of in list(self._forwarders):
                    tasks.create_task(self._forward(of, publisher))
                if self._own is None:
                    tasks.create_task(self._forward_when_begun(publisher))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._running = False

    async def stop(self) -> None:
        """Take no more; return when all that was spooled is in Kafka, if it is reached at all."""
        self._stopping = True
        if self._running:
            await asyncio.gather(*(forwarder.stop() for forwarder in self._forwarders.values()))

    async def _forward_when_begun(self, publisher: Publisher) -> None:
        while not self._stopping:
            if own := self._begin():
                await self._forward(own, publisher)
                return
            await asyncio.sleep(TRY_SECONDS)

    async def _forward(self, of: SpoolFolder, publisher: Publisher) -> None:
        try:
            await self._forwarders[of].run(publisher)
        except BaseException:
            self._forwarders[of] = self._forwarder(of)
            raise
        del self._forwarders[of]
        of.remove()
