"""A fingerprint recognises a file that was renamed and has grown, and no other file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from elfaust.sources.fingerprints import fingerprint, inode_of, is_one_of, open_file, open_same
from tests.unit.sources.reader import add


def handle_of(path: Path) -> int:
    handle = open_file(path)
    assert handle is not None
    return handle


@pytest.mark.parametrize("size", [1, 255, 256, 1_000])
def test_a_file_that_was_renamed_and_has_grown_is_recognised(tmp_path: Path, size: int) -> None:
    file = tmp_path / "x.log"
    file.write_bytes(b"x" * size)
    handle = handle_of(file)
    known = [fingerprint(handle)]
    file.rename(tmp_path / "x.log.1")
    add(tmp_path / "x.log.1", b"more\n")
    assert is_one_of(handle, known)
    assert inode_of(fingerprint(handle)) == inode_of(known[0])
    os.close(handle)


def test_a_file_with_another_beginning_or_nothing_at_all_is_not_recognised(tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    file.write_bytes(b"")
    handle = handle_of(file)
    empty = fingerprint(handle)
    file.write_bytes(b"one\n")
    known = [fingerprint(handle), empty]
    file.write_bytes(b"two\n")
    assert not is_one_of(handle, known)
    os.close(handle)


def test_a_listed_file_whose_name_was_taken_by_another_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    file.write_bytes(b"one\n")
    status = file.stat()
    file.rename(tmp_path / "x.log.1")
    file.write_bytes(b"two\n")
    assert open_same(file, status) is None
    assert open_file(tmp_path / "none") is None
