"""What is received while the disk takes nothing waits within a bound, and is told."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from elfaust.settings import Settings
from elfaust.sources import received as module
from elfaust.sources.base import LONGEST_LINE, Reading
from elfaust.sources.overflow import Overflow
from elfaust.sources.received import Received
from elfaust.sources.spool import Spool


class Disk:
    """A disk that is full or not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        really = Spool.append_piece

        def append(spool: Spool, data: bytes) -> None:
            if self.full:
                raise OSError(errno.ENOSPC, "No space left on device")
            really(spool, data)

        monkeypatch.setattr(Spool, "append_piece", append)
        monkeypatch.setattr(module, "TRY_SECONDS", 0.01)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    for name in ("received", "overflow"):
        logging.getLogger(f"elfaust.sources.{name}").filters.clear()
    return Disk(monkeypatch)


def spooled(spool: Spool) -> list[bytes]:
    return [line for _, line in spool.read(0, False, 1_000_000).lines]


def test_lines_wait_in_memory_up_to_the_bound_and_the_others_are_counted(
    tmp_path: Path, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    spool = Spool(tmp_path)
    overflow = Overflow(spool, 50)
    disk.full = True
    for number in range(10):
        overflow.take(b"line %04d" % number)
    overflow.settle()
    assert "No space left on device" in overflow.told
    assert "5 lines of 45 bytes wait in memory, 5 lines are lost" in caplog.text
    assert spooled(spool) == []
    disk.full = False
    overflow.take(b"after")
    overflow.settle()
    assert (overflow.told, overflow.lost) == ("", 5 + 0)
    assert spooled(spool) == [*(b"line %04d" % n for n in range(5)), b"after"]
    assert "5 lines that were received are lost in all" in caplog.text
    spool.close()


def test_lines_that_the_spool_does_not_take_are_forwarded_from_memory(
    tmp_path: Path, disk: Disk
) -> None:
    spool = Spool(tmp_path)
    overflow = Overflow(spool, 1_000)
    disk.full = True
    for line in (b"one\ntwo", b" ", b"three"):
        overflow.take(line)
    found, count = overflow.straight(8)
    assert ([line for _, line in found], count) == ([b"one", b"two"], 1)
    overflow.sent(count)
    found, count = overflow.straight(1_000)
    assert [(position, line) for position, line in found] == [(10, b"three")]
    overflow.sent(count)
    assert (len(overflow), overflow.told) == (0, "")
    spool.close()


@pytest.fixture
def stdin() -> Iterator[int]:
    """Take the place of stdin; gives the end to write to."""
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as pipe, patch("sys.stdin", pipe):
        yield writer


def from_stdin(folder: Path) -> Received:
    return Received(replace(Settings().forwarder, source="-"), folder, udp=False)


async def until_done(received: Received) -> None:
    async with asyncio.timeout(10):
        while received.waits:
            received.look()
            await asyncio.sleep(0.01)
        received.look()


async def test_stdin_waits_while_the_disk_is_full(tmp_path: Path, disk: Disk, stdin: int) -> None:
    received = from_stdin(tmp_path)
    await received.open()
    disk.full = True
    for number in range(5):
        os.write(stdin, b"line %d\n" % number)
    os.close(stdin)
    async with asyncio.timeout(10):
        while not received.told:
            await asyncio.sleep(0.01)
    assert "stdin waits" in received.told
    disk.full = False
    await until_done(received)
    assert received.ended
    assert spooled(received._spool) == [b"line %d" % number for number in range(5)]
    received.close()


async def test_a_stdin_that_cannot_be_read_is_no_end_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stdin: int
) -> None:
    def fails(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    received = from_stdin(tmp_path)
    monkeypatch.setattr("elfaust.sources.received.os.read", fails)
    await received.open()
    os.write(stdin, b"x")
    with pytest.raises(OSError, match="Input/output"):
        await until_done(received)
    assert not received.ended
    os.close(stdin)
    received.close()


async def test_what_stdin_has_after_a_stop_stays_in_it(tmp_path: Path, stdin: int) -> None:
    received = from_stdin(tmp_path)
    await received.open()
    os.write(stdin, b"one\n")
    async with asyncio.timeout(10):
        while not spooled(received._spool):
            await asyncio.sleep(0.01)
    received.stop()
    await until_done(received)
    os.write(stdin, b"two\n")
    os.close(stdin)
    assert spooled(received._spool) == [b"one"]
    assert not received.ended
    received.close()
    again = from_stdin(tmp_path)
    await again.open()
    await until_done(again)
    assert spooled(again._spool) == [b"one", b"two"]
    again.close()


async def test_a_line_of_ten_million_bytes_is_cut_and_never_held_whole(
    tmp_path: Path, stdin: int
) -> None:
    received, place, lines, most = from_stdin(tmp_path), Reading([], 0), list[bytes](), 0
    await received.open()

    def write() -> None:
        with os.fdopen(stdin, "wb") as out:
            for _ in range(100):
                out.write(b"x" * 100_000)
            out.write(b"\r\nnext\x00\xff\r\n")

    writing = asyncio.create_task(asyncio.to_thread(write))
    while len(lines) < 2:
        size = received._spool.stretch(place.position, LONGEST_LINE + 1).data
        most = max(most, len(size))
        place = received._spool.read(place.position, place.inside, 512_000)
        lines += [line for _, line in place.lines]
        await asyncio.sleep(0)
    await writing
    assert lines == [b"x" * LONGEST_LINE, b"next\x00\xff"]
    assert most <= LONGEST_LINE + 1
    received.close()
