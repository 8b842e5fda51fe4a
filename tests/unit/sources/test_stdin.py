"""Lines of stdin: none is lost while the disk is full, after a stop or at an error."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from elfaust.settings import Settings
from elfaust.sources.checkpoint import Checkpoint
from elfaust.sources.lines import LONGEST_LINE, Stretch
from elfaust.sources.spool import Spool
from elfaust.sources.stdin import StdinSource
from tests.unit.sources.conftest import Disk


@pytest.fixture
def stdin() -> Iterator[int]:
    """Take the place of stdin; gives the end to write to."""
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as pipe, patch("sys.stdin", pipe):
        yield writer


def from_stdin(folder: Path) -> StdinSource:
    source = StdinSource(Settings().forwarder, folder)
    source.begin(None)
    return source


def spooled(source: StdinSource) -> list[bytes]:
    return [line for _, line in source.read(Checkpoint(), 1_000_000).lines]


async def until_ended(source: StdinSource) -> None:
    async with asyncio.timeout(10):
        while not source.ended:
            source.look()
            await asyncio.sleep(0.01)
        source.look()


async def test_stdin_waits_while_the_disk_is_full(tmp_path: Path, disk: Disk, stdin: int) -> None:
    source = from_stdin(tmp_path)
    await source.open()
    disk.full = True
    for number in range(5):
        os.write(stdin, b"line %d\n" % number)
    os.close(stdin)
    async with asyncio.timeout(10):
        while not source.trouble:
            await asyncio.sleep(0.01)
    assert "stdin waits" in source.trouble
    disk.full = False
    await until_ended(source)
    assert spooled(source) == [b"line %d" % number for number in range(5)]
    source.close()


async def test_a_stdin_that_cannot_be_read_is_no_end_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stdin: int
) -> None:
    def fails(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    source = from_stdin(tmp_path)
    monkeypatch.setattr("elfaust.sources.stdin.os.read", fails)
    await source.open()
    os.write(stdin, b"x")
    with pytest.raises(OSError, match="Input/output"):
        await until_ended(source)
    os.close(stdin)
    source.close()


async def test_what_stdin_has_after_a_stop_stays_in_it(tmp_path: Path, stdin: int) -> None:
    source = from_stdin(tmp_path)
    await source.open()
    os.write(stdin, b"one\n")
    async with asyncio.timeout(10):
        while not spooled(source):
            await asyncio.sleep(0.01)
    source.stop()
    await until_ended(source)
    os.write(stdin, b"two\n")
    os.close(stdin)
    assert spooled(source) == [b"one"]
    source.close()
    again = from_stdin(tmp_path)
    await again.open()
    await until_ended(again)
    assert spooled(again) == [b"one", b"two"]
    again.close()


async def test_a_line_of_ten_million_bytes_is_cut_and_never_in_memory_as_a_whole(
    tmp_path: Path, stdin: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, place, lines, sizes = from_stdin(tmp_path), Checkpoint(), list[bytes](), [0]
    really = Spool.stretch

    def measured(spool: Spool, position: int, size: int) -> Stretch:
        stretch = really(spool, position, size)
        sizes.append(len(stretch.data))
        return stretch

    monkeypatch.setattr(Spool, "stretch", measured)
    await source.open()

    def write() -> None:
        with os.fdopen(stdin, "wb") as out:
            for _ in range(100):
                out.write(b"x" * 100_000)
            out.write(b"\r\nnext\x00\xff\r\n")

    writing = asyncio.create_task(asyncio.to_thread(write))
    while len(lines) < 2:
        reading = source.read(place, 512_000)
        place.position, place.inside = reading.position, reading.inside
        lines += [line for _, line in reading.lines]
        await asyncio.sleep(0)
    await writing
    assert lines == [b"x" * LONGEST_LINE, b"next\x00\xff"]
    assert max(sizes) <= LONGEST_LINE + 1
    source.close()
