"""A forwarder that is killed, and whose disk is full, with a real Kafka: every line once."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from elfaust.settings import Settings
from elfaust.sources.forwarder import Forwarder
from elfaust.sources.overflow import Overflow
from tests.integration.forwarder_trial import killed, numbers
from tests.integration.test_forwarding import publishing
from tests.udp import until_bound

LINES = 20_000


def test_a_forwarder_that_is_killed_while_its_file_is_rotated(
    fresh: Settings, tmp_path: Path
) -> None:
    count, found = killed(fresh, tmp_path, kills=5, seed=5)
    assert unlike(found, count) == {}


def unlike(found: Counter[bytes], count: int) -> dict[bytes, int]:
    """Return how often lines were found that are not there once."""
    numbers = {b"%d" % number for number in range(count)}
    return {number: found[number] for number in numbers | found.keys() if found[number] != 1}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of 1 MB, smaller than a segment of the spool and than what is received."""
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    mounted = subprocess.run(command, capture_output=True)
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.decode().strip()}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


async def test_lines_by_udp_on_a_disk_that_is_full(
    fresh: Settings, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    received, take = [0], Overflow.take

    def counted(overflow: Overflow, line: bytes) -> None:
        received[0] += 1
        take(overflow, line)

    monkeypatch.setattr(Overflow, "take", counted)
    forwarder = replace(fresh.forwarder, source="udp", rate=5_000.0)
    settings = replace(fresh, forwarder=forwarder)
    running = Forwarder(settings, small_disk)
    troubles = set[str]()
    async with publishing(settings) as publisher, asyncio.timeout(100):
        task = asyncio.create_task(running.run(publisher))
        await until_bound(forwarder.port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(("127.0.0.1", forwarder.port))
            for number in range(LINES):
                client.send(b"%d %s" % (number, b"x" * 300))
                # What the kernel has no room for is lost; that is another test's.
                while received[0] < number - 100:
                    await asyncio.sleep(0)
                if number % 20 == 0:
                    troubles |= {held.partition("(")[0] for held in running.held}
        while (await numbers(settings)).total() < LINES:
            await asyncio.sleep(0.2)
        await running.stop()
        await task
    assert "forwarder: the spool takes nothing " in troubles
    assert not any("lost" in what for what in troubles)
    assert unlike(await numbers(settings), LINES) == {}
