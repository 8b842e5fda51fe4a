"""A file that is rotated or cut, while it is read or while nobody reads: every line once."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from elfaust.errors import SettingsError
from elfaust.sources.checkpoint import Checkpoint
from elfaust.sources.file import FileSource


class Reader:
    """Reads a file as the forwarder does; `identities` are its sources, in their order."""

    def __init__(self, path: Path, follow: bool = True, known: Checkpoint | None = None) -> None:
        self.source = FileSource(path, follow, 0.0)
        self.checkpoint = self.source.begin(known)
        self.identities = [self.checkpoint.identity]

    def read(self, size: int = 100) -> list[bytes]:
        """Read all that there is."""
        found = []
        while True:
            reading = self.source.read(self.checkpoint, size)
            if reading.position != self.checkpoint.position:
                found += [line for _, line in reading.lines]
                self.checkpoint.position, self.checkpoint.inside = reading.position, reading.inside
                self.source.note(self.checkpoint)
                continue
            following = self.source.after(self.checkpoint)
            if following is None:
                return found
            if following is not self.checkpoint:
                self.identities.append(following.identity)
            self.checkpoint = following

    def again(self, follow: bool = True) -> Reader:
        """Return a reader that starts at the checkpoint, as after a kill."""
        self.source.close()
        return Reader(self.source._path, follow, self.checkpoint)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "x.log"
    file.write_bytes(b"old 1\nold 2\n")
    return file


@pytest.fixture
def lost(caplog: pytest.LogCaptureFixture) -> Callable[[], bool]:
    """Return what tells whether a loss was told."""
    for name in ("file", "rotated"):
        logging.getLogger(f"elfaust.sources.{name}").filters.clear()
    return lambda: "is lost" in caplog.text


def add(file: Path, data: bytes) -> None:
    with file.open("ab") as opened:
        opened.write(data)


def rotate(file: Path, data: bytes | None = None) -> None:
    """Rename files as logrotate does, and begin a new one."""
    for number in range(8, 0, -1):
        if (older := file.with_name(f"{file.name}.{number}")).exists():
            older.rename(file.with_name(f"{file.name}.{number + 1}"))
    file.rename(file.with_name(f"{file.name}.1"))
    if data is not None:
        file.write_bytes(data)


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


def test_a_new_file_waits_until_the_old_one_is_quiet(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, now = Reader(log), [1_000.0]
    monkeypatch.setattr("elfaust.sources.file.monotonic", lambda: now[0])
    reader.source._wait = 5.0
    reader.read()
    now[0] += 100
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


def test_a_file_that_is_deleted_is_read_to_its_end(log: Path) -> None:
    reader = Reader(log)
    assert reader.read(1) == [b"old 1", b"old 2"]
    add(log, b"last\n")
    log.unlink()
    assert reader.read() == [b"last"]
    log.write_bytes(b"new\n")
    assert reader.read() == [b"new"]
    reader.source.close()


def test_what_was_lost_while_nobody_read_is_told(log: Path, lost: Callable[[], bool]) -> None:
    reader = Reader(log)
    reader.read()
    add(log, b"never read\n")
    reader.source.close()
    log.rename(log.with_name("x.log.1.gz"))
    log.write_bytes(b"new\n")
    assert Reader(log, known=reader.checkpoint).read() == [b"new"]
    assert lost()


def test_a_directory_in_the_files_place_waits_and_is_told(
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


def test_a_file_that_may_not_be_read_waits_and_is_told(
    log: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, really = Reader(log), os.open
    reader.read()
    rotate(log, b"new\n")

    def refused(path: Path, flags: int) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("elfaust.sources.rotated.os.open", refused)
    assert reader.read() == []
    assert "Permission denied" in caplog.text
    monkeypatch.setattr("elfaust.sources.rotated.os.open", really)
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


def test_a_file_of_which_nothing_was_read_yet_is_found_by_its_number(log: Path) -> None:
    reader = Reader(log)
    rotate(log, b"new\n")
    reader = reader.again()
    assert reader.read() == [b"old 1", b"old 2", b"new"]
    reader.source.close()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no file"):
        FileSource(tmp_path / "none", True, 0.0).begin(None)


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


def test_files_that_are_renamed_while_they_are_listed_are_not_read_again(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 4):
        log.with_name(f"x.log.{number}").write_bytes(b"from before %d\n" % number)
    reader = Reader(log)
    reader.read()
    rotate(log, b"new 1\n")
    with monkeypatch.context() as patch:
        patch.setattr(FileSource, "_beside", lambda _: [])
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
    whole, listed = FileSource._beside, iter(range(100))
    monkeypatch.setattr(
        FileSource, "_beside", lambda self: [] if next(listed) < missed else whole(self)
    )
    assert reader.read() == [b"old 3", b"new 1"]
    assert not lost()
    reader.source.close()
