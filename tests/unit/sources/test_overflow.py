"""Lines that the disk does not take wait in memory within a bound, and the log says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from elfaust.sources.overflow import Overflow
from elfaust.sources.spool import Spool
from tests.unit.sources.conftest import Disk


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
    assert "No space left on device" in overflow.trouble
    assert "5 lines of 45 bytes wait in memory, 5 lines are lost" in caplog.text
    assert spooled(spool) == []
    disk.full = False
    overflow.take(b"after")
    overflow.settle()
    assert (overflow.trouble, overflow.lost) == ("", 5)
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
    first = overflow.lines(8)
    assert first.lines == [(0, b"one"), (4, b"two")]
    assert first.pieces == 1
    overflow.drop(first.pieces)
    rest = overflow.lines(1_000)
    assert rest.lines == [(10, b"three")]
    overflow.drop(rest.pieces)
    assert (len(overflow), overflow.trouble) == (0, "")
    spool.close()


def test_lines_that_are_in_memory_at_the_end_are_lost_and_counted(
    tmp_path: Path, disk: Disk
) -> None:
    overflow = Overflow(Spool(tmp_path), 50)
    disk.full = True
    for number in range(7):
        overflow.take(b"line %04d" % number)
    assert overflow.lost == 2
    overflow.give_up()
    overflow.give_up()
    assert (overflow.lost, len(overflow), overflow.size) == (7, 0, 0)
