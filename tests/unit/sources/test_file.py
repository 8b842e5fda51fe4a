"""A file that is renamed, removed or replaced, while it is read or while nobody reads."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from elfaust.errors import SettingsError
from elfaust.sources.file import FileSource
from tests.unit.sources.reader import Reader, add, rotate


def test_a_file_that_is_rotated_is_read_to_its_end_and_the_new_one_from_its_start(
    log: Path, lost: Callable[[], bool]
) -> None:
    reader = Reader(log)
    assert reader.read() == [b"old 1", b"old 2"]
    add(log, b"just before\n")
    rotate(log, b"new 1\nnew 2 is longer than what was read of the old\n")
    assert reader.read() == [
        b"just before",
        b"new 1",
        b"new 2 is longer than what was read of the old",
    ]
    assert len(set(reader.identities)) == 2
    add(log, b"new 3\n")
    assert reader.read() == [b"new 3"]
    assert not lost()
    reader.source.close()


def test_what_is_written_to_a_rotated_file_is_read_until_a_new_one_is_there(log: Path) -> None:
    reader = Reader(log)
    reader.read()
    rotate(log)
    add(log.with_name("x.log.1"), b"late\nwithout newline")
    assert reader.read() == [b"late"]
    log.write_bytes(b"new\n")
    assert reader.read() == [b"without newline", b"new"]
    reader.source.close()


def test_a_new_file_waits_until_the_old_one_has_been_quiet_since_it_was_renamed(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000.0]
    monkeypatch.setattr("elfaust.sources.file.monotonic", lambda: now[0])
    reader = Reader(log, rotate_seconds=5.0)
    reader.read()
    now[0] += 100
    assert reader.read() == []
    rotate(log, b"new\n")
    assert reader.read() == []
    now[0] += 4
    add(log.with_name("x.log.1"), b"late\n")
    assert reader.read() == [b"late"]
    now[0] += 4
    assert reader.read() == []
    now[0] += 1
    assert reader.read() == [b"new"]
    reader.source.close()


def test_a_file_that_is_deleted_is_read_to_its_end(log: Path) -> None:
    reader = Reader(log)
    assert reader.read(1) == [b"old 1", b"old 2"]
    add(log, b"last\n")
    log.unlink()
    assert reader.read() == [b"last"]
    log.write_bytes(b"new\n")
    assert reader.read() == [b"new"]
    reader.source.close()


def test_what_was_lost_while_nobody_read_is_reported(log: Path, lost: Callable[[], bool]) -> None:
    reader = Reader(log)
    reader.read()
    add(log, b"never read\n")
    reader.source.close()
    log.rename(log.with_name("x.log.1.gz"))
    log.write_bytes(b"new\n")
    assert Reader(log, known=reader.checkpoint).read() == [b"new"]
    assert lost()


def test_a_directory_in_the_files_place_waits_and_is_reported(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = Reader(log)
    reader.read()
    rotate(log)
    log.mkdir()
    assert reader.read() == []
    assert "it is no file" in caplog.text
    log.rmdir()
    log.write_bytes(b"new\n")
    assert reader.read() == [b"new"]
    reader.source.close()


def test_a_file_that_may_not_be_read_waits_and_is_reported(
    log: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, really = Reader(log), os.open
    reader.read()
    rotate(log, b"new\n")

    def refused(path: Path, flags: int) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("elfaust.sources.fingerprints.os.open", refused)
    assert reader.read() == []
    assert "Permission denied" in caplog.text
    monkeypatch.setattr("elfaust.sources.fingerprints.os.open", really)
    assert reader.read() == [b"new"]
    reader.source.close()


def test_a_file_that_is_not_followed_ends_with_what_has_no_newline(log: Path) -> None:
    add(log, b"last")
    reader = Reader(log, follow=False)
    assert reader.read() == [b"old 1", b"old 2", b"last"]
    assert reader.source.ended
    rotate(log, b"new")
    reader = reader.again(follow=False)
    assert reader.read() == [b"new"]
    assert reader.source.ended
    reader.source.close()


def test_a_number_on_the_disk_that_is_used_again_is_another_file(
    log: Path, lost: Callable[[], bool]
) -> None:
    reader = Reader(log)
    reader.read()
    log.write_bytes(b"other 1\nother 2\n")
    assert reader.again().read() == [b"other 1", b"other 2"]
    assert lost()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no file"):
        FileSource(tmp_path / "none", True, 0.0).begin(None)
