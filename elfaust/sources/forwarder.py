"""The forwarder: lines of a source into a raw topic, each once, whatever is killed in between.

A line's lane follows from its position, and every record carries its line's position. A restart
therefore finds in Kafka itself how far the forwarder had come.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from elfaust.errors import CheckpointTorn
from elfaust.quiet import OnceAMinute
from elfaust.settings import Settings
from elfaust.sources import resumption
from elfaust.sources.base import LineSource
from elfaust.sources.checkpoint import Checkpoint, load
from elfaust.sources.kinds import open_source
from elfaust.sources.lines import Reading
from elfaust.sources.sender import Publisher, Sender

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

CHUNK_BYTES = 512_000
#: Seconds between two looks for more lines.
LOOK_SECONDS = 0.05


class Forwarder:
    """Forwards one source; `run` returns when the source has ended or `stop` was called."""

    def __init__(self, settings: Settings, folder: Path, source: LineSource | None = None) -> None:
        """Open a source, or the one that `forwarder.source` names; its state is in `folder`.

        Raises SettingsError when the source is a file that cannot be read, CheckpointTorn where
        nothing says how far a file has been forwarded.
        """
        self._settings = settings
        self._source = source or open_source(settings.forwarder, folder)
        self._saved = folder / f"{self._source.name}.checkpoint.json"
        known = self._load()
        self._checkpoint, self._sent = self._source.begin(known)
        #: Whether a restart finds this source by its checkpoint.
        self._durable = known is not None and known.identity == self._checkpoint.identity
        #: Why the checkpoint on the disk is behind, "" where it is not.
        self._unsaved = ""
        #: The positions that Kafka has beyond the checkpoint, and the highest of them.
        self._seen = set[int]()
        self._highest = -1
        self._done = asyncio.Event()

    def _load(self) -> Checkpoint | None:
        try:
            return load(self._saved)
        except CheckpointTorn as error:
            if not self._source.keeps_identity:
                raise
            log.error("%s is looked up in the raw topic: %s", self._saved, error.detail)
            return None

    @property
    def held(self) -> list[str]:
        """What waits by itself, and why."""
        return [f"forwarder: {why}" for why in (self._source.trouble, self._unsaved) if why]

    @property
    def unsent(self) -> int:
        """Bytes of received lines that are not in Kafka yet."""
        return self._source.unsent(self._checkpoint.position)

    @property
    def lost(self) -> Mapping[str, int]:
        """How many datagrams were lost, by who has lost them."""
        return self._source.lost

    async def run(self, publisher: Publisher) -> None:
        """Forward lines.

        Raises Unacknowledged when Kafka does not take them: all of them are kept.
        """
        sender = Sender(publisher, self._settings, self._source)
        try:
            await self._source.open()
            await self._resume(sender)
            while not self._source.stopped:
                # Asked first, so that this turn sees all that has come until then.
                over = self._source.ended
                if not await self._turn(sender):
                    if over:
                        return
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._source.close()
            self._done.set()

    async def stop(self) -> None:
        """Receive no more; return when all that was received is in Kafka.

        Of a file only the lines in hand are sent: the rest is still there for the next start.
        """
        self._source.stop()
        await self._done.wait()

    async def _resume(self, sender: Sender) -> None:
        """Look up what Kafka has of the source from the checkpoint on."""
        since = self._checkpoint.offsets if self._sent else None
        name = sender.source_name(self._checkpoint.identity)
        self._seen, sender.offsets = await resumption.find(self._settings, name, since)
        self._highest = max(self._seen, default=-1)
        if not self._sent:
            self._checkpoint.offsets = dict(sender.offsets)

    def _begin(self, checkpoint: Checkpoint, sender: Sender) -> None:
        """Go on with another source, of which Kafka has nothing."""
        log.info("%s begins again as source %s", sender.prefix, checkpoint.identity)
        checkpoint.offsets = dict(sender.offsets)
        self._checkpoint, self._durable = checkpoint, False
        self._seen, self._highest = set(), -1

    async def _turn(self, sender: Sender) -> bool:
        """Forward what there is next; return whether there was something."""
        self._source.look()
        checkpoint = self._checkpoint
        if self._unsaved or not self._durable:
            self._save()
        # A restart has to know where to look for what was sent. A source that keeps its identity
        # is found without a checkpoint, and must make room on a disk that takes none.
        if self._durable or self._source.keeps_identity:
            reading = self._source.read(checkpoint, CHUNK_BYTES)
            if (reading.position, reading.inside) != (checkpoint.position, checkpoint.inside):
                await self._forward(sender, reading)
                return True
            following = self._source.after(checkpoint)
            if following is not None and following is not checkpoint:
                self._begin(following, sender)
            if following is not None:
                return True
        return await self._send_unspooled(sender)

    async def _forward(self, sender: Sender, reading: Reading) -> None:
        checkpoint = self._checkpoint
        lines = [line for line in reading.lines if line.position not in self._seen]
        reached = await sender.send(lines, checkpoint.identity, self._lanes())
        if reached is not None:
            checkpoint.position, checkpoint.inside = reached, False
        else:
            if checkpoint.position > self._highest:
                # All that was sent with another number of lanes was sent again or found.
                checkpoint.lanes = self._settings.topics.lanes
            checkpoint.position, checkpoint.inside = reading.position, reading.inside
        if checkpoint.position > self._highest:
            # Until then a restart must find again what was found at this one.
            checkpoint.offsets = dict(sender.offsets)
        self._source.note(checkpoint)
        self._save()
        # What is in Kafka is found there, whatever the checkpoint says.
        self._source.forget(checkpoint.position)

    async def _send_unspooled(self, sender: Sender) -> bool:
        if (unspooled := self._source.unspooled(CHUNK_BYTES)) is None:
            return False
        await sender.send(unspooled.lines, unspooled.identity, self._lanes())
        self._source.sent(unspooled)
        return True

    def _lanes(self) -> int:
        return self._checkpoint.lanes or self._settings.topics.lanes

    def _save(self) -> None:
        """Save the checkpoint; where the disk does not take it, each turn tries it again."""
        try:
            self._checkpoint.lanes = self._lanes()
            self._checkpoint.save(self._saved, outlast_power=not self._source.keeps_identity)
        except OSError as error:
            self._unsaved = f"{self._saved} is behind: {error}"
            log.error("%s is behind: %s", self._saved, error)
        else:
            self._durable, self._unsaved = True, ""
