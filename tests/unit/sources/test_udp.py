"""Lines that are received by UDP: each is forwarded once, whether the disk takes it or not."""

from __future__ import annotations

import asyncio
import errno
import socket
from pathlib import Path

import pytest

from elfaust.settings import Settings
from elfaust.sources.checkpoint import Checkpoint
from elfaust.sources.forwarder import Forwarder
from elfaust.sources.spool import Spool
from tests.udp import free_port, until_bound
from tests.unit.sources.kafka import Kafka, arrived, of


async def test_lines_are_forwarded_though_the_disk_takes_nothing(
    tmp_path: Path, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    forwarder = Forwarder(of("udp", port=port), tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with asyncio.timeout(10):
        running = asyncio.create_task(forwarder.run(kafka))
        await until_bound(port)
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


async def test_what_waits_and_what_is_lost_is_known(
    tmp_path: Path, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder = Forwarder(of("udp", port=free_port(), memory_bytes=10), tmp_path)
    overflow = forwarder._source._overflow  # type: ignore[attr-defined]
    assert (forwarder.unsent, forwarder.lost) == (0, {"kernel": 0, "spool": 0})
    overflow.take(b"spooled")
    assert forwarder.unsent == len(b"spooled\n")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Spool, "append_piece", full)
        for _ in range(3):
            overflow.take(b"memory")
    assert forwarder.unsent == len(b"spooled\nmemory")
    assert forwarder.lost["spool"] == 2
    async with asyncio.timeout(10):
        running = asyncio.create_task(forwarder.run(kafka))
        await arrived(kafka, 2)
        await forwarder.stop()
        await running
    assert kafka.read() == [b"spooled", b"memory"]
    assert forwarder.unsent == 0
    assert forwarder.lost["spool"] == 2


async def test_a_full_spool_is_emptied_though_the_disk_has_never_taken_a_checkpoint(
    tmp_path: Path, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Checkpoint, "save", full)
    port = free_port()
    for number in range(2):
        forwarder = Forwarder(of("udp", port=port), tmp_path)
        async with asyncio.timeout(10):
            running = asyncio.create_task(forwarder.run(kafka))
            await until_bound(port)
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
        port = free_port()
        forwarder = Forwarder(of("udp", port=port), tmp_path)
        running = asyncio.create_task(forwarder.run(kafka))
        async with asyncio.timeout(10):
            await forwarder.stop()
            await running
    assert sorted(kafka.values) == [b"line 0", b"line 1", b"line 2"]
