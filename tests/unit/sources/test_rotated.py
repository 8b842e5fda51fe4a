"""Rotated files are found and read in their order, though they are renamed all the time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from elfaust.sources.rotated import RotatedFiles
from tests.unit.sources.reader import Reader, add, rotate


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("times", [1, 2, 4])
def test_files_that_were_rotated_between_two_looks_are_read_in_their_order(
    log: Path, times: int, down: bool, lost: Callable[[], bool]
) -> None:
    log.with_name("x.log.1").write_bytes(b"from before\n")
    log.with_name("x.log.7.gz").write_bytes(b"\x1f\x8b")
    reader = Reader(log)
    reader.read()
    add(log, b"last\n")
    for number in range(times):
        rotate(log, b"%d\n" % number)
    if down:
        reader = reader.again()
    assert reader.read() == [b"last", *(b"%d" % number for number in range(times))]
    assert reader.again().read() == []
    assert not lost()
    reader.source.close()


def test_a_file_of_which_nothing_was_read_yet_is_found_by_its_number(log: Path) -> None:
    reader = Reader(log)
    rotate(log, b"new\n")
    reader = reader.again()
    assert reader.read() == [b"old 1", b"old 2", b"new"]
    reader.source.close()


def test_files_that_are_renamed_while_they_are_listed_are_not_read_again(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 4):
        log.with_name(f"x.log.{number}").write_bytes(b"from before %d\n" % number)
    reader = Reader(log)
    reader.read()
    rotate(log, b"new 1\n")
    with monkeypatch.context() as patch:
        patch.setattr(RotatedFiles, "beside", lambda _: [])
        assert reader.read() == [b"new 1"]
    rotate(log, b"new 2\n")
    assert reader.read() == [b"new 2"]
    reader.source.close()


@pytest.mark.parametrize("missed", [1, 2])
def test_a_copy_that_a_listing_leaves_out_while_names_move_is_found_all_the_same(
    log: Path, lost: Callable[[], bool], monkeypatch: pytest.MonkeyPatch, missed: int
) -> None:
    reader = Reader(log)
    assert reader.read() == [b"old 1", b"old 2"]
    with log.open("ab") as out:
        out.write(b"old 3\n")
    shutil.copyfile(log, log.with_name("x.log.1"))
    os.truncate(log, 0)
    log.write_bytes(b"new 1\n")
    really, listed = RotatedFiles.beside, iter(range(100))
    monkeypatch.setattr(
        RotatedFiles, "beside", lambda self: [] if next(listed) < missed else really(self)
    )
    assert reader.read() == [b"old 3", b"new 1"]
    assert not lost()
    reader.source.close()
