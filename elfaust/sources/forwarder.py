"""Lines from a file, stdin or UDP into a raw topic: none lost, none twice, whatever is killed.

What comes by UDP or stdin is spooled first. The lane of a line follows from its position, and every
record carries its line's position, so that a restart finds in Kafka itself how far it had come.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from elfaust.errors import CheckpointTorn, TooLong
from elfaust.quiet import OnceAMinute
from elfaust.records import Outgoing, Source
from elfaust.settings import Settings
from elfaust.sources import resumption
from elfaust.sources.base import Located, Reading
from elfaust.sources.checkpoint import Checkpoint, load
from elfaust.sources.file import FileSource
from elfaust.sources.received import Received

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

#: Bytes of neighbouring lines that go to one lane.
LANE_BYTES = 65_536
CHUNK_BYTES = 512_000
#: Seconds between two looks for more lines.
LOOK_SECONDS = 0.05
#: Longest parts of a source's name, which goes with every record.
HOST_CHARS, NAME_CHARS = 64, 120


class Publisher(Protocol):
    """elfaust.delivery.publisher.Publisher, as far as it is needed here."""

    async def publish(self, records: Sequence[Outgoing]) -> dict[tuple[str, int], int]: ...


class Forwarder:
    """Forwards one source; `run` returns when the source has ended or `stop` was called."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Open the source that `forwarder.source` names; its state is in `folder`.

        Raises SettingsError when the source is a file that cannot be read, CheckpointTorn where
        nobody can tell how far a file has been forwarded.
        """
        self._settings = settings
        given = settings.forwarder
        #: What is received, None where a file is forwarded.
        self._received: Received | None = None
        self._source: Received | FileSource
        if given.source in ("udp", "-", "stdin"):
            name = "udp" if given.source == "udp" else "stdin"
            self._received = Received(given, folder / given.spool / name, name == "udp")
            self._source = self._received
        else:
            path = Path(given.source)
            name = f"{path.name}-{hashlib.sha256(str(_named(path)).encode()).hexdigest()[:12]}"
            self._source = FileSource(path, given.follow, given.rotate_seconds)
        self._saved = folder / f"{name}.checkpoint.json"
        self._prefix = f"{cleaned(socket.gethostname(), HOST_CHARS)}/{cleaned(name, NAME_CHARS)}"
        known = self._load()
        self._checkpoint = self._source.begin(known)
        #: Whether a restart finds this source by its checkpoint.
        self._durable = known is not None and known.identity == self._checkpoint.identity
        #: Why the checkpoint is behind, "" where it is not.
        self._unsaved = ""
        #: By lane, the offset after the last record that is known of; what Kafka has of the source
        #: beyond the checkpoint, and the highest position of that.
        self._offsets: dict[int, int] = {}
        self._seen = set[int]()
        self._highest = -1
        self._stopping = asyncio.Event()
        self._done = asyncio.Event()

    def _load(self) -> Checkpoint | None:
        try:
            known = load(self._saved)
        except CheckpointTorn as error:
            if self._received is None:
                raise
            log.error("%s is read anew from the raw topic: %s", self._saved, error.detail)
            known = None
        if known is None and self._received and self._received.spooled:
            # A disk that was full may never have taken one: Kafka knows what was sent.
            return Checkpoint(self._received.identity)
        return known

    @property
    def held(self) -> list[str]:
        """What waits by itself, and why."""
        told = self._received.told if self._received else ""
        return [f"forwarder: {why}" for why in (told, self._unsaved) if why]

    async def run(self, publisher: Publisher) -> None:
        """Forward lines.

        Raises Unacknowledged when Kafka does not take them: all of them are kept.
        """
        try:
            if self._received:
                await self._received.open()
            await self._resume()
            while not (self._received is None and self._stopping.is_set()):
                # Asked first: what has come until then is seen by this turn.
                over = self._is_over()
                if not await self._turn(publisher):
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
        self._stopping.set()
        if self._received:
            self._received.stop()
        await self._done.wait()

    def _is_over(self) -> bool:
        waits = self._received is not None and self._received.waits
        return (self._stopping.is_set() or self._source.ended) and not waits

    async def _resume(self) -> None:
        """Look up what Kafka has of the source from the checkpoint on."""
        since = self._checkpoint.offsets if self._durable else None
        name = self._name(self._checkpoint.identity)
        self._seen, self._offsets = await resumption.find(self._settings, name, since)
        self._highest = max(self._seen, default=-1)
        if not self._durable:
            self._checkpoint.offsets = dict(self._offsets)

    def _begin(self, checkpoint: Checkpoint) -> None:
        """Go on with another source, nothing of which is in Kafka."""
        log.info("%s begins again as source %s", self._prefix, checkpoint.identity)
        checkpoint.offsets = dict(self._offsets)
        self._checkpoint, self._durable = checkpoint, False
        self._seen, self._highest = set(), -1

    async def _turn(self, publisher: Publisher) -> bool:
        """Forward what there is next; tell whether there was something."""
        if self._received:
            self._received.look()
        checkpoint = self._checkpoint
        if self._unsaved or not self._durable:
            self._save()
        # A restart has to know where to look for what is sent before it is sent. A spool knows who
        # it is, and has to make room where a full disk takes no checkpoint.
        if self._durable or self._received:
            reading = self._source.read(checkpoint, CHUNK_BYTES)
            if (reading.position, reading.inside) != (checkpoint.position, checkpoint.inside):
                await self._forward(publisher, reading)
                return True
            following = self._source.after(checkpoint)
            if following is not None and following is not checkpoint:
                self._begin(following)
            if following is not None:
                return True
        return await self._straight(publisher)

    async def _forward(self, publisher: Publisher, reading: Reading) -> None:
        checkpoint = self._checkpoint
        lines = [line for line in reading.lines if line.position not in self._seen]
        reached = await self._send(publisher, lines, checkpoint.identity)
        if reached is not None:
            checkpoint.position, checkpoint.inside = reached, False
        else:
            if checkpoint.position > self._highest:
                # All that was sent among other lanes has been sent again or found.
                checkpoint.lanes = self._settings.topics.lanes
            checkpoint.position, checkpoint.inside = reading.position, reading.inside
        if checkpoint.position > self._highest:
            # Until then a restart must find again what was found at this one.
            checkpoint.offsets = dict(self._offsets)
        self._source.note(checkpoint)
        self._save()
        # What is in Kafka is found there, whatever the checkpoint says.
        self._source.forget(checkpoint.position)

    async def _straight(self, publisher: Publisher) -> bool:
        """Forward what the spool does not take from memory."""
        if self._received is None or not self._received.overflow:
            return False
        overflow = self._received.overflow
        lines, count = overflow.straight(CHUNK_BYTES)
        await self._send(publisher, lines, overflow.identity)
        overflow.sent(count)
        return True

    async def _send(
        self, publisher: Publisher, lines: Sequence[Located], identity: str
    ) -> int | None:
        """Send lines; return None, or where to go on if it was stopped before the end."""
        rate = self._settings.forwarder.rate
        step = max(1, int(rate / 20)) if rate else max(1, len(lines))
        for start in range(0, len(lines), step):
            if self._received is None and self._stopping.is_set():
                return lines[start].position
            part, begun = lines[start : start + step], time.monotonic()
            offsets = await self._publish(publisher, [self._outgoing(n, identity) for n in part])
            self._offsets |= {lane: last + 1 for (_, lane), last in offsets.items()}
            if rate:
                await asyncio.sleep(max(0.0, len(part) / rate - (time.monotonic() - begun)))
        return None

    async def _publish(
        self, publisher: Publisher, records: list[Outgoing]
    ) -> dict[tuple[str, int], int]:
        try:
            return await publisher.publish(records)
        except TooLong as error:
            fits = {long: max(0, most) for long, most in error.records.items()}
        for long, most in fits.items():
            log.warning("A line of %d bytes is cut to the %d of its topic", len(long.value), most)
        return await publisher.publish(
            [r._replace(value=r.value[: fits[r]]) if r in fits else r for r in records]
        )

    def _name(self, identity: str) -> str:
        return f"{self._prefix}-{identity}"

    def _outgoing(self, located: Located, identity: str) -> Outgoing:
        position, line = located
        lanes = self._checkpoint.lanes or self._settings.topics.lanes
        topic, now = self._settings.forwarder.topic, int(time.time() * 1000)
        lane = position // LANE_BYTES % lanes
        return Outgoing(topic, lane, line, now, Source(self._name(identity), position))

    def _save(self) -> None:
        """Save the checkpoint; where the disk does not take it, it is tried again at each turn."""
        try:
            self._checkpoint.lanes = self._checkpoint.lanes or self._settings.topics.lanes
            # What is spooled is found in Kafka without a checkpoint.
            self._checkpoint.save(self._saved, outlast_power=self._received is None)
        except OSError as error:
            self._unsaved = f"{self._saved} is behind: {error}"
            log.error("%s is behind: %s", self._saved, error)
        else:
            self._durable, self._unsaved = True, ""


def cleaned(name: str, most: int) -> str:
    """Return a name of printable ASCII without colons, of so many characters at most: its end."""
    return re.sub(r"[^!-9;-~ ]", "_", name)[-most:]


def _named(path: Path) -> Path:
    return path.parent.resolve() / path.name
