"""Lines that are spooled before Kafka has them: each is there once, whatever dies."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elfaust.errors import Unacknowledged
from elfaust.intake import spooler
from elfaust.intake.spooler import Spooler
from elfaust.intake.spools import SpoolFolder
from elfaust.intake.taking import Outcome
from elfaust.settings import Settings
from elfaust.sources import forwarder
from elfaust.sources.spool import Spool
from tests.unit.sources.kafka import ENDS, Kafka, arrived


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    for module in ("intake.spooler", "sources.forwarder"):
        logging.getLogger(f"elfaust.{module}").filters.clear()
    kafka = Kafka()
    monkeypatch.setattr("elfaust.sources.resumption.find", kafka.find)
    monkeypatch.setattr(forwarder, "LOOK_SECONDS", 0.001)
    return kafka


def opened(folder: Path, **intake: Any) -> Spooler:
    base = Settings()
    return Spooler(replace(base, intake=replace(base.intake, **intake)), folder)


def died(one: Spooler) -> None:
    """Have it leave what a process leaves that was killed."""
    for of in one._forwarders:
        of.close()


@asynccontextmanager
async def running(one: Spooler, kafka: Kafka) -> AsyncIterator[None]:
    task = asyncio.create_task(one.run(kafka))
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        yield
        await one.stop()
        await task


async def test_what_was_spooled_while_kafka_was_away_is_there_once(
    tmp_path: Path, kafka: Kafka
) -> None:
    one = opened(tmp_path)
    taken = await asyncio.gather(*(one.take([b"%d" % n], acks=True) for n in range(20)))
    assert taken == [[Outcome.SUCCESS]] * 20
    assert one.size == sum(len(b"%d\n" % n) for n in range(20))
    assert await one.take([b"hasty"], acks=False) == [Outcome.HASTY]
    async with running(one, kafka):
        await one.take([b"20"], acks=True)
        await arrived(kafka, 22)
    assert sorted(kafka.read()) == sorted([b"hasty", *(b"%d" % n for n in range(21))])
    assert kafka.lanes[0][0].topic == Settings().topics.raw_client
    assert one.size == 0
    # All of it is in Kafka: nothing is left for the next process.
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("end", ENDS)
async def test_what_one_process_leaves_the_next_one_sends(
    tmp_path: Path, kafka: Kafka, end: str
) -> None:
    promised = list[bytes]()
    for process in range(3):
        one = opened(tmp_path)
        promised += (lines := [b"%d-%d" % (process, n) for n in range(5)])
        assert await one.take(lines, acks=True) == [Outcome.SUCCESS] * 5
        kafka.kills.append(end)
        with pytest.raises(Unacknowledged):
            await one.run(kafka)
        died(one)
    last = opened(tmp_path)
    async with running(last, kafka):
        await arrived(kafka, len(promised))
    assert sorted(kafka.read()) == sorted(promised)
    assert not list(tmp_path.iterdir())


async def test_it_goes_on_after_kafka_has_refused(tmp_path: Path, kafka: Kafka) -> None:
    one = opened(tmp_path)
    await one.take([b"0"], acks=True)
    for end in ENDS:
        kafka.kills.append(end)
        with pytest.raises(Unacknowledged):
            await one.run(kafka)
        assert await one.take([end.encode()], acks=True) == [Outcome.SUCCESS]
    async with running(one, kafka):
        await arrived(kafka, 5)
    assert sorted(kafka.read()) == sorted([b"0", *(end.encode() for end in ENDS)])


async def test_what_the_disk_does_not_take_is_not_promised(
    tmp_path: Path, kafka: Kafka, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one = opened(tmp_path)

    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails)
        assert await one.take([b"0"], acks=True) == [Outcome.AWAY]
        patch.setattr(Spool, "append_piece", fails)
        assert await one.take([b"1"], acks=True) == [Outcome.AWAY]
    assert caplog.text.count("Input/output error") == 2
    assert await one.take([b"2"], acks=True) == [Outcome.SUCCESS]
    async with running(one, kafka):
        await arrived(kafka, 2)
    assert kafka.read() == [b"0", b"2"]


async def test_a_disk_that_hangs_is_known_to_be_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, answers, asked = opened(tmp_path), threading.Event(), list[int]()

    def hangs(file: int) -> None:
        asked.append(file)
        answers.wait(20)

    monkeypatch.setattr(os, "fsync", hangs)
    monkeypatch.setattr(spooler, "AWAY_SECONDS", 0.01)
    first = asyncio.create_task(one.take([b"0"], acks=True))
    while not one.is_away:
        await asyncio.sleep(0.001)
    assert await one.take([b"1"], acks=True) == [Outcome.AWAY]
    answers.set()
    assert await first == [Outcome.SUCCESS]
    assert not one.is_away
    died(one)


async def test_a_full_disk_gets_room_by_what_is_forwarded(
    tmp_path: Path, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = opened(tmp_path)
    await before.take([b"left"], acks=True)
    died(before)

    def full(*_: object) -> SpoolFolder:
        if kafka.values:
            return made(tmp_path)
        raise OSError(errno.ENOSPC, "No space left on device")

    made = SpoolFolder.made_in
    monkeypatch.setattr(SpoolFolder, "made_in", full)
    monkeypatch.setattr(spooler, "TRY_SECONDS", 0.001)
    one = opened(tmp_path)
    assert await one.take([b"0"], acks=True) == [Outcome.AWAY]
    async with running(one, kafka):
        while one.is_away:
            await asyncio.sleep(0.001)
        assert await one.take([b"1"], acks=True) == [Outcome.SUCCESS]
        await arrived(kafka, 2)
    assert kafka.read() == [b"left", b"1"]


async def test_requests_share_what_they_ask_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, asked = opened(tmp_path), list[int]()
    monkeypatch.setattr(os, "fsync", asked.append)
    await asyncio.gather(*(one.take([b"line"], acks=True) for _ in range(100)))
    # Once the new file and its folder, and the file again for those that came meanwhile.
    assert len(asked) <= 4
    died(one)


async def test_the_spool_and_its_lines_are_bounded(tmp_path: Path) -> None:
    one = opened(tmp_path, spool_bytes=20)
    long = Settings().processor.max_line_bytes + 1
    assert await one.take([b"x" * long], acks=True) == [Outcome.TOO_LONG]
    assert await one.take([b"0123456789"], acks=True) == [Outcome.SUCCESS]
    assert await one.take([b"0123456789"], acks=True) == [Outcome.AWAY]
    await one.stop()
    assert await one.take([b"1"], acks=False) == [Outcome.AWAY]
    died(one)
