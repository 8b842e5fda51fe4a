"""Lines from a file, stdin or UDP into a raw topic: none lost, none twice, whatever is killed.

What comes by UDP or stdin is spooled first. The lane of a line follows from its position, and every
record carries its line's position, so that a restart finds in Kafka itself how far it had come.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.batch import Batch
from elfaust.errors import SettingsError
from elfaust.settings import Settings
from elfaust.spool import FileLines, Lines, Located, Spool
from elfaust.types import Outgoing

log = logging.getLogger(__name__)

#: Bytes of neighbouring lines that go to one lane.
LANE_BYTES = 65_536
CHUNK_BYTES = 512_000
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
        self._receives = source in ("udp", "-", "stdin")
        self._lines: Lines
        if self._receives:
            name = "udp" if source == "udp" else "stdin"
            self._lines = self._spool = Spool(folder / settings.forwarder.spool / name)
        else:
            if not Path(source).is_file():
                raise SettingsError(f"forwarder.source: there is no file {source}")
            name = Path(source).name
            self._lines = FileLines(Path(source), settings.forwarder.follow)
        self._name = f"{socket.gethostname()}/{name}"
        self._checkpoint = folder / f"{name}.checkpoint.json"
        #: By lane, an offset of the raw topic before which all of this source is accounted for.
        self._ends: dict[int, int] = {}
        self._stopping = asyncio.Event()
        self._done = asyncio.Event()

    async def run(self, publisher: Publisher) -> None:
        """Forward lines. Raises ServerAway when Kafka does not take them: all of them are kept."""
        transport = await self._receive()
        try:
            position, reached = await self._resume()
            while True:
                lines, after = self._lines.read(position, CHUNK_BYTES)
                fresh = self._outgoing(lines, reached)
                if fresh:
                    await self._paced(publisher, fresh)
                if after != position:
                    position = after
                    self._save(position)
                    self._lines.forget(position)
                elif self._stopping.is_set() or self._lines.ended:
                    return
                else:
                    await asyncio.sleep(0.05)
        finally:
            if transport is not None:
                transport.close()
            if self._receives:
                self._spool.close()
            self._done.set()

    async def stop(self) -> None:
        """Receive no more; return when all that was received is in Kafka."""
        self._stopping.set()
        await self._done.wait()

    def _outgoing(self, lines: Sequence[Located], reached: dict[int, int]) -> list[Outgoing]:
        now, topics = int(time.time() * 1000), self._settings.topics
        fresh = []
        for position, line in lines:
            lane = position // LANE_BYTES % topics.lanes
            if position <= reached.get(lane, -1):
                continue
            if len(line) > MAX_LINE_BYTES:
                log.warning("A line of %d bytes is cut to %d", len(line), MAX_LINE_BYTES)
            value, topic = line[:MAX_LINE_BYTES], self._settings.forwarder.topic
            fresh.append(Outgoing(topic, lane, value, now, self._name, position))
        return fresh

    async def _paced(self, publisher: Publisher, records: list[Outgoing]) -> None:
        rate = self._settings.forwarder.rate
        step = max(1, int(rate / 20)) if rate else len(records)
        for start in range(0, len(records), step):
            part = records[start : start + step]
            begun = time.monotonic()
            offsets = await publisher.publish(part)
            self._ends |= {lane: last + 1 for (_, lane), last in offsets.items()}
            if rate:
                await asyncio.sleep(max(0.0, len(part) / rate - (time.monotonic() - begun)))

    async def _receive(self) -> Any:
        if not self._receives:
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
        while data := sys.stdin.buffer.readline():
            self._spool.append(data)
        self._spool.ended = True

    async def _resume(self) -> tuple[int, dict[int, int]]:
        """Return where to go on, and the highest position that each lane has of this source."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka.bootstrap, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            topic = self._settings.forwarder.topic
            lanes = [TopicPartition(topic, n) for n in range(self._settings.topics.lanes)]
            self._ends = {
                lane.partition: end for lane, end in (await consumer.end_offsets(lanes)).items()
            }
            if not self._checkpoint.exists():
                # Before anything is sent, so that a restart knows where to look for it.
                self._save(0)
                return 0, {}
            saved = json.loads(self._checkpoint.read_text())
            since = {int(lane): offset for lane, offset in saved["offsets"].items()}
            return saved["position"], await self._reached(consumer, since)
        finally:
            await consumer.stop()

    async def _reached(self, consumer: AIOKafkaConsumer, since: dict[int, int]) -> dict[int, int]:
        topic, reached = self._settings.forwarder.topic, dict[int, int]()
        behind = {lane for lane, end in self._ends.items() if since.get(lane, 0) < end}
        consumer.assign([TopicPartition(topic, lane) for lane in behind])
        for lane in behind:
            consumer.seek(TopicPartition(topic, lane), since.get(lane, 0))
        while behind:
            for at, fetched in (await consumer.getmany(timeout_ms=500)).items():
                for record in Batch(None, fetched).records:
                    if record.source == self._name:
                        highest = reached.get(at.partition, -1)
                        reached[at.partition] = max(highest, record.position)
            for lane in list(behind):
                if await consumer.position(TopicPartition(topic, lane)) >= self._ends[lane]:
                    behind.discard(lane)
        return reached

    def _save(self, position: int) -> None:
        self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._checkpoint.with_suffix(".tmp")
        temporary.write_text(json.dumps({"position": position, "offsets": self._ends}))
        temporary.replace(self._checkpoint)


class Datagrams(asyncio.DatagramProtocol):
    """Spools each datagram before it looks at the next."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Keep what was received."""
        self._spool.append(data)
