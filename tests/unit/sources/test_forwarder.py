"""The forwarder beside a Kafka in memory: every line once, whatever is killed, full or too long."""

from __future__ import annotations

import asyncio
import errno
import random
import re
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elfaust.errors import CheckpointTorn, TooLong, Unacknowledged
from elfaust.records import Outgoing
from elfaust.settings import Settings
from elfaust.sources import forwarder as module
from elfaust.sources.checkpoint import Checkpoint
from elfaust.sources.forwarder import Forwarder, cleaned
from elfaust.sources.resumption import Found
from elfaust.sources.spool import Spool

#: How a worker ends that is killed as it publishes: Kafka had none, a part, or all of it.
ENDS = ("none", "part", "all", "late")


class Kafka:
    """Raw topic and publisher: lanes of records, and how publishing is to end."""

    def __init__(self, seed: int = 0) -> None:
        self.lanes: dict[int, list[Outgoing]] = {}
        self.limit = 2**40
        self.kills: list[str] = []
        self.late: list[Outgoing] = []
        self.chance = random.Random(seed)

    async def publish(self, records: Sequence[Outgoing]) -> dict[tuple[str, int], int]:
        long = {record: self.limit for record in records if len(record.value) > self.limit}
        if long:
            raise TooLong(long)
        kill = self.kills.pop(0) if self.kills else ""
        lanes = {record.lane for record in records}
        taken = {"none": set[int](), "late": set[int](), "part": set(self._some(lanes))}
        wanted = taken.get(kill, lanes)
        self.land([record for record in records if record.lane in wanted])
        if kill == "late":
            self.late = list(records)
        if kill:
            raise Unacknowledged("Kafka", "killed")
        return {(r.topic, r.lane): len(self.lanes[r.lane]) - 1 for r in records}

    def _some(self, lanes: set[int]) -> list[int]:
        return self.chance.sample(sorted(lanes), self.chance.randint(0, len(lanes)))

    def land(self, records: Sequence[Outgoing]) -> None:
        for record in records:
            self.lanes.setdefault(record.lane, []).append(record)

    async def find(self, settings: Settings, name: str, since: Mapping[int, int] | None) -> Found:
        positions = {
            record.source.position
            for lane, records in self.lanes.items()
            if since is not None
            for record in records[since.get(lane, 0) :]
            if record.source and record.source.name == name
        }
        ends = {lane: len(records) for lane, records in self.lanes.items()}
        # What was on the wire lands after its successor has looked.
        late, self.late = self.late, []
        self.land(late)
        return Found(positions, ends)

    @property
    def values(self) -> list[bytes]:
        """All that is in the topic."""
        return [record.value for records in self.lanes.values() for record in records]

    def read(self) -> list[bytes]:
        """What a reader takes that skips positions not above the highest of their source."""
        taken, highest = list[bytes](), dict[tuple[int, str], int]()
        for lane, records in self.lanes.items():
            for record in records:
                assert record.source is not None
                name, position = record.source
                if position > highest.get((lane, name), -1):
                    highest[lane, name] = position
                    taken.append(record.value)
        return taken


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    kafka = Kafka()
    monkeypatch.setattr("elfaust.sources.resumption.find", kafka.find)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.001)
    return kafka


def of(source: str, lanes: int = 4, **forwarder: Any) -> Settings:
    base = Settings()
    return replace(
        base,
        topics=replace(base.topics, lanes=lanes),
        forwarder=replace(base.forwarder, source=source, **forwarder),
    )


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("seed", range(20))
async def test_every_line_is_there_once_whatever_is_killed_and_however_many_lanes_there_are(
    tmp_path: Path, kafka: Kafka, monkeypatch: pytest.MonkeyPatch, seed: int, late: bool
) -> None:
    monkeypatch.setattr(module, "LANE_BYTES", 20)
    monkeypatch.setattr(module, "CHUNK_BYTES", 300)
    chance, file, lanes = random.Random(seed), tmp_path / "x.log", 1
    lines = [b"%d %s" % (number, b"x" * chance.randint(0, 30)) for number in range(400)]
    file.write_bytes(b"\n".join(lines))
    kafka.chance = chance
    for _ in range(30):
        kafka.kills = [""] * chance.randint(0, 2) + [chance.choice(ENDS if late else ENDS[:3])]
        lanes += chance.random() < 0.3
        with suppress(Unacknowledged):
            await Forwarder(of(str(file), lanes), tmp_path).run(kafka)
    kafka.kills = []
    await Forwarder(of(str(file), lanes), tmp_path).run(kafka)
    assert sorted(kafka.read()) == sorted(lines)
    assert late or sorted(kafka.values) == sorted(lines)


@pytest.mark.parametrize("room", [0, 3])
async def test_a_checkpoint_that_cannot_be_saved_makes_nothing_come_twice(
    tmp_path: Path, kafka: Kafka, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """None at all, or none after the first few."""
    monkeypatch.setattr(module, "CHUNK_BYTES", 100)
    file, save, left = tmp_path / "x.log", Checkpoint.save, [room]
    lines = [b"line %d" % number for number in range(200)]
    file.write_bytes(b"\n".join(lines))

    def full(checkpoint: Checkpoint, path: Path, *, outlast_power: bool = False) -> None:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        left[0] -= 1
        save(checkpoint, path)

    monkeypatch.setattr(Checkpoint, "save", full)
    kafka.kills = [*[""] * 8, "all"]
    forwarder = Forwarder(of(str(file)), tmp_path)
    running = asyncio.create_task(forwarder.run(kafka))
    async with asyncio.timeout(10):
        while not forwarder.held:
            await asyncio.sleep(0.001)
        if room:
            with pytest.raises(Unacknowledged):
                await running
            assert kafka.values
        else:
            assert not kafka.values
            await forwarder.stop()
            await running
    assert "is behind: [Errno 28]" in forwarder.held[0]
    kafka.kills, left[0] = [], -1
    await Forwarder(of(str(file)), tmp_path).run(kafka)
    assert sorted(kafka.values) == sorted(lines)


async def test_a_line_that_its_topic_does_not_take_is_cut(tmp_path: Path, kafka: Kafka) -> None:
    file = tmp_path / "x.log"
    file.write_bytes(b"short\n" + b"x" * 1_000 + b"\nshort too\n")
    kafka.limit = 100
    await Forwarder(of(str(file)), tmp_path).run(kafka)
    assert kafka.values == [b"short", b"x" * 100, b"short too"]


async def test_a_file_that_is_rotated_and_cut_while_lines_come(
    tmp_path: Path, kafka: Kafka
) -> None:
    file = tmp_path / "x.log"
    file.write_bytes(b"old 1\nold 2\nold 3\n")
    forwarder = Forwarder(of(str(file), follow=True, rotate_seconds=0.01), tmp_path)
    running = asyncio.create_task(forwarder.run(kafka))
    async with asyncio.timeout(10):
        await arrived(kafka, 3)
        file.rename(tmp_path / "x.log.1")
        file.write_bytes(b"B1\nB2\nB3\nB4 is longer than all before it\nB5\n")
        await arrived(kafka, 8)
        file.write_bytes(b"C1\n")
        await arrived(kafka, 9)
        await forwarder.stop()
        await running
    assert kafka.values[3:] == [
        b"B1",
        b"B2",
        b"B3",
        b"B4 is longer than all before it",
        b"B5",
        b"C1",
    ]
    assert len({record.source.name for record in kafka.lanes[0] if record.source}) == 3
    # A source's positions begin at 0, and Kafka is asked for the right one.
    await Forwarder(of(str(file)), tmp_path).run(kafka)
    assert len(kafka.values) == 9


async def arrived(kafka: Kafka, count: int) -> None:
    while len(kafka.values) < count:
        await asyncio.sleep(0.001)


async def test_lines_are_forwarded_though_the_disk_takes_nothing(
    tmp_path: Path, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    forwarder = Forwarder(of("udp", port=port), tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with asyncio.timeout(10):
        running = asyncio.create_task(forwarder.run(kafka))
        while not (forwarder._received and forwarder._received._socket):
            await asyncio.sleep(0.001)
        await sent(port, kafka, b"on disk")
        with monkeypatch.context() as patch:
            patch.setattr(Spool, "append_piece", full)
            patch.setattr(Checkpoint, "save", full)
            await sent(port, kafka, b"in memory")
        await sent(port, kafka, b"on disk again")
        await forwarder.stop()
        await running
    assert kafka.read() == [b"on disk", b"in memory", b"on disk again"]
    names = [record.source.name for record in kafka.lanes[0] if record.source]
    assert names[0] == names[2] != names[1]


async def test_a_full_spool_is_emptied_though_the_disk_has_never_taken_a_checkpoint(
    tmp_path: Path, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Checkpoint, "save", full)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for number in range(2):
        forwarder = Forwarder(of("udp", port=port), tmp_path)
        async with asyncio.timeout(10):
            running = asyncio.create_task(forwarder.run(kafka))
            while not (forwarder._received and forwarder._received._socket):
                await asyncio.sleep(0.001)
            await sent(port, kafka, b"line %d" % number)
            await forwarder.stop()
            await running
    assert kafka.values == [b"line 0", b"line 1"]


async def sent(port: int, kafka: Kafka, line: bytes) -> None:
    """Send a line by UDP, and wait until it is in Kafka."""
    before = len(kafka.values)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(line, ("127.0.0.1", port))
    await arrived(kafka, before + 1)


async def test_a_source_has_a_name_that_a_header_carries(
    tmp_path: Path, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "h:o\nst" + "é" * 300)
    file = tmp_path / ("a:b\x7f" + "é" * 60 + "x" * 100)
    file.write_bytes(b"one\n")
    await Forwarder(of(str(file)), tmp_path).run(kafka)
    [record] = kafka.lanes[0]
    assert record.source is not None
    assert re.fullmatch(r"[!-9;-~]{1,64}/[!-9;-~]{120}-[0-9a-f]{12}", record.source.name)
    assert cleaned("host.example", 64) == "host.example"


async def test_what_is_spooled_is_forwarded_once_though_its_checkpoint_is_spoilt(
    tmp_path: Path, kafka: Kafka
) -> None:
    spool = Spool(tmp_path / Settings().forwarder.spool / "udp")
    for number in range(3):
        spool.append(b"line %d" % number)
    spool.close()
    for torn in (None, b"", b"{"):
        if torn is not None:
            (tmp_path / "udp.checkpoint.json").write_bytes(torn)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        forwarder = Forwarder(of("udp", port=port), tmp_path)
        running = asyncio.create_task(forwarder.run(kafka))
        async with asyncio.timeout(10):
            while forwarder._checkpoint.position < spool.end:
                await asyncio.sleep(0.001)
            await forwarder.stop()
            await running
    assert sorted(kafka.values) == [b"line 0", b"line 1", b"line 2"]


async def test_a_spoilt_checkpoint_of_a_file_is_told_with_its_cure(
    tmp_path: Path, kafka: Kafka
) -> None:
    file = tmp_path / "x.log"
    file.write_bytes(b"line\n")
    await Forwarder(of(str(file)), tmp_path).run(kafka)
    [saved] = tmp_path.glob("*.checkpoint.json")
    saved.write_bytes(b"")
    with pytest.raises(CheckpointTorn, match="cure: move it away"):
        Forwarder(of(str(file)), tmp_path)
