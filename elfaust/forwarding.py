"""Lines from a file, stdin or UDP into a raw topic: none lost, none twice, whatever is killed.

What comes by UDP or stdin is spooled first. The lane of a line follows from its position, and every
record carries its line's position, so that a restart finds in Kafka itself how far it had come.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.batch import Batch
from elfaust.checkpoint import Checkpoint, load
from elfaust.errors import SettingsError
from elfaust.settings import Settings
from elfaust.spool import FileLines, Lines, Located, Spool
from elfaust.types import Outgoing

log = logging.getLogger(__name__)

#: Bytes of neighbouring lines that go to one lane.
LANE_BYTES = 65_536
CHUNK_BYTES = 512_000
STDIN_BYTES = 65_536
#: A longer line is cut to this: Kafka would not take it, and the processor refuses it anyway.
MAX_LINE_BYTES = 1_500_000


class Publisher(Protocol):
    """elfaust.publish.Publisher, as far as it is needed here."""

    async def publish(self, records: Sequence[Outgoing]) -> dict[tuple[str, int], int]: ...


class Forwarder:
    """Forwards one source; `run` returns when the source has ended or `stop` was called."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Open the source that `forwarder.source` names; its state is in `folder`.

        Raises SettingsError when the source is a file that is not there.
        """
        self._settings = settings
        source = settings.forwarder.source
        #: The file that is forwarded, None for what is received.
        self._file: Path | None = None
        self._lines: Lines
        if source in ("udp", "-", "stdin"):
            name = "udp" if source == "udp" else "stdin"
            self._lines = self._spool = Spool(folder / settings.forwarder.spool / name)
        elif Path(source).is_file():
            self._file = Path(source).resolve()
            path = hashlib.sha256(str(self._file).encode()).hexdigest()[:12]
            name = f"{self._file.name}-{path}"
            self._lines = FileLines(self._file, settings.forwarder.follow)
        else:
            raise SettingsError(f"forwarder.source: there is no file {source}")
        self._saved = folder / f"{name}.checkpoint.json"
        self._checkpoint = self._load()
        self._name = f"{socket.gethostname()}/{name}-{self._checkpoint.identity}"
        #: By lane, the offset after the last record that is known of; what Kafka has of the source
        #: beyond the checkpoint ends at position `_highest`.
        self._offsets: dict[int, int] = {}
        self._highest = -1
        self._stopping = asyncio.Event()
        self._done = asyncio.Event()

    def _load(self) -> Checkpoint:
        """Return the checkpoint of the source as it is, a new one where it begins again."""
        known = load(self._saved)
        if self._file is None:
            identity = self._spool.identity
            return known if known and known.identity == identity else Checkpoint(identity)
        if known and not known.is_of(self._file):
            log.warning("%s is not the file it was: it is forwarded from its start", self._file)
            known = None
        return known or Checkpoint()

    async def run(self, publisher: Publisher) -> None:
        """Forward lines. Raises ServerAway when Kafka does not take them: all of them are kept."""
        transport = await self._receive()
        try:
            seen = await self._resume()
            while not (self._file and self._stopping.is_set()):
                position = self._checkpoint.position
                lines, after = self._lines.read(position, CHUNK_BYTES)
                reached = await self._send(publisher, [n for n in lines if n.position not in seen])
                self._save(after if reached is None else reached)
                if self._checkpoint.position == position:
                    if self._stopping.is_set() or self._lines.ended:
                        return
                    await asyncio.sleep(0.05)
        finally:
            if transport is not None:
                transport.close()
            if self._file is None:
                self._spool.close()
            self._done.set()

    async def stop(self) -> None:
        """Receive no more; return when all that was received is in Kafka.

        Of a file only the lines in hand are sent: the rest is still there for the next start.
        """
        self._stopping.set()
        await self._done.wait()

    async def _send(self, publisher: Publisher, lines: Sequence[Located]) -> int | None:
        """Send lines; return None, or where to go on if it was stopped before the end."""
        rate = self._settings.forwarder.rate
        step = max(1, int(rate / 20)) if rate else max(1, len(lines))
        for start in range(0, len(lines), step):
            if self._file and self._stopping.is_set():
                return lines[start].position
            part, begun = lines[start : start + step], time.monotonic()
            offsets = await publisher.publish([self._outgoing(line) for line in part])
            self._offsets |= {lane: last + 1 for (_, lane), last in offsets.items()}
            if rate:
                await asyncio.sleep(max(0.0, len(part) / rate - (time.monotonic() - begun)))
        return None

    def _outgoing(self, located: Located) -> Outgoing:
        position, line = located
        if len(line) > MAX_LINE_BYTES:
            log.warning("A line of %d bytes is cut to %d", len(line), MAX_LINE_BYTES)
        lane = position // LANE_BYTES % self._settings.topics.lanes
        topic, now = self._settings.forwarder.topic, int(time.time() * 1000)
        return Outgoing(topic, lane, line[:MAX_LINE_BYTES], now, self._name, position)

    async def _receive(self) -> Any:
        if self._file is not None:
            return None
        loop, forwarder = asyncio.get_running_loop(), self._settings.forwarder
        if forwarder.source != "udp":
            loop.run_in_executor(None, self._read_stdin)
            return None
        transport, _ = await loop.create_datagram_endpoint(
            lambda: Datagrams(self._spool), local_addr=(forwarder.host, forwarder.port)
        )
        opened: socket.socket = transport.get_extra_info("socket")
        # Bursts wait here while the loop is busy; the kernel gives what it may.
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024 * 1024)
        return transport

    def _read_stdin(self) -> None:
        # What is read is spooled at once, however it was cut: nothing waits in this process.
        while data := os.read(sys.stdin.fileno(), STDIN_BYTES):
            self._spool.append_piece(data)
        self._spool.ended = True

    async def _resume(self) -> set[int]:
        """Return the positions, from the checkpoint's on, that Kafka has already."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka.bootstrap, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            topic = self._settings.forwarder.topic
            await consumer.topics()
            numbers = consumer.partitions_for_topic(topic) or range(self._settings.topics.lanes)
            ends = await consumer.end_offsets([TopicPartition(topic, n) for n in numbers])
            seen = set[int]()
            if self._saved.exists():
                seen = await self._sent_since(consumer, ends)
            self._offsets = {lane.partition: end for lane, end in ends.items()}
            self._highest = max(seen, default=-1)
            # Before anything is sent, so that a restart knows where to look for it.
            self._save(self._checkpoint.position)
            return seen
        finally:
            await consumer.stop()

    async def _sent_since(
        self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]
    ) -> set[int]:
        since, seen = self._checkpoint.offsets, set[int]()
        behind = {lane for lane, end in ends.items() if since.get(lane.partition, 0) < end}
        consumer.assign(list(behind))
        for lane in behind:
            consumer.seek(lane, since.get(lane.partition, 0))
        while behind:
            for fetched in (await consumer.getmany(timeout_ms=500)).values():
                records = Batch(None, fetched).records
                seen |= {record.position for record in records if record.source == self._name}
            for lane in list(behind):
                if await consumer.position(lane) >= ends[lane]:
                    behind.discard(lane)
        return seen

    def _save(self, position: int) -> None:
        moved = position != self._checkpoint.position
        self._checkpoint.position = position
        if position > self._highest:
            # Until then a restart must find again what was found at this one.
            self._checkpoint.offsets = dict(self._offsets)
        if self._file is not None:
            self._checkpoint.note_head(self._file)
        if moved or not self._saved.exists():
            self._checkpoint.save(self._saved)
            self._lines.forget(position)


class Datagrams(asyncio.DatagramProtocol):
    """Spools each datagram before it looks at the next."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Keep what was received."""
        self._spool.append(data)
