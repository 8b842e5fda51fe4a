"""The forwarder beside a Kafka in memory: every line once, whatever is killed or full."""

from __future__ import annotations

import asyncio
import errno
import random
from contextlib import suppress
from pathlib import Path

import pytest

from elfaust.errors import CheckpointTorn, Unacknowledged
from elfaust.sources import forwarder as module
from elfaust.sources import sender
from elfaust.sources.checkpoint import Checkpoint
from elfaust.sources.forwarder import Forwarder
from tests.unit.sources.kafka import ENDS, Kafka, arrived, of


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("seed", range(20))
async def test_every_line_is_there_once_whatever_is_killed_and_however_many_lanes_there_are(
    tmp_path: Path, kafka: Kafka, monkeypatch: pytest.MonkeyPatch, seed: int, late: bool
) -> None:
    monkeypatch.setattr(sender, "LANE_BYTES", 20)
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
