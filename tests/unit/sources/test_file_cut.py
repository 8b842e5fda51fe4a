"""A file that is cut, or copied and cut, whether somebody reads it or not: every line once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.sources.reader import Reader, add, rotate


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("data", [b"n\n", b"new 1\nnew 2\n", b"much longer than it was before\n"])
def test_a_file_that_is_cut_begins_again(
    log: Path, data: bytes, down: bool, lost: Callable[[], bool]
) -> None:
    """Shorter, as long as before, and longer."""
    reader = Reader(log)
    reader.read()
    os.truncate(log, 0)
    add(log, data)
    if down:
        before, reader = reader, reader.again()
        reader.identities = [*before.identities, reader.checkpoint.identity]
    assert reader.read() == data.split(b"\n")[:-1]
    assert len(set(reader.identities)) == 2
    assert lost()
    reader.source.close()


@pytest.mark.parametrize("down", [False, True])
def test_a_file_that_is_copied_and_cut_is_read_on_in_its_copy(
    log: Path, down: bool, lost: Callable[[], bool]
) -> None:
    log.with_name("x.log.1").write_bytes(b"old 1\nold 2\nfrom before\n")
    reader = Reader(log)
    reader.read()
    add(log, b"just before\n")
    log.with_name("x.log.1").rename(log.with_name("x.log.2"))
    shutil.copyfile(log, log.with_name("x.log.1"))
    os.truncate(log, 0)
    add(log, b"new\n")
    if down:
        reader = reader.again()
    assert reader.read() == [b"just before", b"new"]
    assert not lost()
    reader.source.close()


def test_a_copy_of_what_was_read_is_not_read_again(log: Path) -> None:
    reader = Reader(log)
    for number in range(5):
        add(log, b"%d\n" % number)
        reader.read()
        if log.with_name("x.log.1").exists():
            log.with_name("x.log.1").rename(log.with_name(f"x.log.{number + 2}"))
        shutil.copyfile(log, log.with_name("x.log.1"))
        os.truncate(log, 0)
        add(log, b"after %d\n" % number)
        assert reader.read() == [b"after %d" % number]
    reader.source.close()


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("cut", [False, True])
def test_a_copy_of_a_file_of_which_nothing_was_read_yet_is_read_first(
    log: Path, cut: bool, down: bool
) -> None:
    """It may be cut only after its copy has been read."""
    reader = Reader(log)
    shutil.copyfile(log, log.with_name("x.log.1"))
    if cut:
        log.write_bytes(b"new\n")
    if down:
        reader = reader.again()
    assert reader.read() == [b"old 1", b"old 2", *[b"new"] * cut]
    log.write_bytes(b"newer than that\n")
    assert reader.read() == [b"newer than that"]
    reader.source.close()


def test_a_rotated_file_with_the_number_of_one_that_was_removed_is_read(log: Path) -> None:
    """As where the oldest is removed at each rotation: its number is used again at once."""
    reader, count = Reader(log), 0
    for number in range(20):
        add(log, b"%d\n" % number)
        oldest = log.with_name("x.log.2")
        if oldest.exists():
            oldest.unlink()
        newer = log.with_name("x.log.1")
        if newer.exists():
            newer.rename(oldest)
        shutil.copyfile(log, newer)
        os.truncate(log, 0)
        count += len(reader.read())
    assert count == 22
    reader.source.close()


@pytest.mark.parametrize("cut", [False, True])
def test_a_backup_that_somebody_made_is_not_read(log: Path, cut: bool) -> None:
    add(log, b"x" * 5_000 + b"\n")
    reader = Reader(log)
    reader.read()
    shutil.copyfile(log, log.with_name("x.log.5"))
    os.utime(log.with_name("x.log.5"), (1, 1))
    add(log, b"last\n")
    assert reader.read() == [b"last"]
    if cut:
        log.write_bytes(b"new\n")
    else:
        rotate(log, b"new\n")
    assert reader.read() == [b"new"]
    reader.source.close()


def test_what_was_copied_cut_and_renamed_while_nobody_read_is_read(log: Path) -> None:
    """Of the file nothing had been read."""
    reader = Reader(log)
    shutil.copyfile(log, log.with_name("x.log.1"))
    os.truncate(log, 0)
    add(log, b"after\n")
    rotate(log, b"new\n")
    reader = reader.again()
    assert sorted(reader.read()) == [b"after", b"new", b"old 1", b"old 2"]
    reader.source.close()


def test_a_copy_that_is_being_made_as_the_next_file_is_opened_is_not_taken_for_read(
    log: Path,
) -> None:
    reader = Reader(log)
    reader.read()
    rotate(log, b"new 1\n")
    copy = log.with_name("x.log.0")
    copy.touch()
    assert reader.read() == [b"new 1"]
    add(log, b"new 2\n")
    copy.write_bytes(log.read_bytes())
    log.write_bytes(b"after\n")
    assert reader.read() == [b"new 2", b"after"]
    reader.source.close()
