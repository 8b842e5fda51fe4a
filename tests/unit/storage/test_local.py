"""The local storage keeps the contract that WebHDFS keeps."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from elfaust.errors import ServerAway
from elfaust.storage.local import LocalStorage


def test_a_file_is_written_over_read_and_deleted(tmp_path: Path) -> None:
    storage, path = LocalStorage(), f"{tmp_path}/a/b/c"
    storage.write(path, b"1")
    storage.write(path, b"2")
    assert storage.read(path) == b"2"
    assert storage.list(f"{tmp_path}/a") == ["b"]
    assert list(storage.walk(str(tmp_path))) == [path]
    storage.delete(f"{tmp_path}/a")
    storage.delete(f"{tmp_path}/a")
    assert not storage.exists(path)
    assert storage.list(f"{tmp_path}/a") == []


def test_a_rename_never_replaces(tmp_path: Path) -> None:
    storage, source, target = LocalStorage(), f"{tmp_path}/s", f"{tmp_path}/d/t"
    storage.write(source, b"1")
    assert storage.rename(source, target)
    assert not storage.rename(source, target)
    storage.write(source, b"2")
    assert not storage.rename(source, target)
    assert storage.read(target) == b"1"


def test_a_rename_that_was_killed_half_way_is_finished(tmp_path: Path) -> None:
    storage, source, target = LocalStorage(), f"{tmp_path}/s", f"{tmp_path}/t"
    storage.write(source, b"1")
    os.link(source, target)
    assert storage.rename(source, target)
    assert storage.list(str(tmp_path)) == ["t"]


def test_a_folder_in_a_files_place_is_no_file(tmp_path: Path) -> None:
    storage, source, target = LocalStorage(), f"{tmp_path}/s", f"{tmp_path}/t"
    storage.write(source, b"1")
    storage.write(f"{target}/inner", b"2")
    assert not storage.rename(source, target)
    with pytest.raises(FileNotFoundError):
        storage.read(target)


def test_of_a_file_the_walk_is_the_file(tmp_path: Path) -> None:
    LocalStorage().write(f"{tmp_path}/a/b", b"")
    assert list(LocalStorage().walk(f"{tmp_path}/a/b")) == [f"{tmp_path}/a/b"]
    assert list(LocalStorage().walk(f"{tmp_path}/a")) == [f"{tmp_path}/a/b"]
    assert LocalStorage().list(f"{tmp_path}/a/b") == []


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LocalStorage().read(f"{tmp_path}/none")


def test_a_disk_that_is_full_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    storage = LocalStorage()
    storage.write(f"{tmp_path}/s", b"1")
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        patch.setattr("os.link", full)
        with pytest.raises(ServerAway, match="No space left"):
            storage.write(f"{tmp_path}/t", b"1")
        with pytest.raises(ServerAway, match="No space left"):
            storage.rename(f"{tmp_path}/s", f"{tmp_path}/t")
    storage.write(f"{tmp_path}/t", b"2")
    assert storage.read(f"{tmp_path}/t") == b"2"


def test_folders_and_files_are_told_apart(tmp_path: Path) -> None:
    storage = LocalStorage()
    storage.write(f"{tmp_path}/a/b/c", b"12345678")
    storage.write(f"{tmp_path}/d", b"1")
    assert list(storage.folders(str(tmp_path))) == ["a"]
    assert storage.files(str(tmp_path)) == {"d": 1}
    assert storage.count_folders(str(tmp_path)) == 2
    assert storage.read_part(f"{tmp_path}/a/b/c", 4, 3) == b"567"
    for nothing in (f"{tmp_path}/x", f"{tmp_path}/d"):
        assert storage.folders(nothing) == storage.files(nothing) == {}
        assert storage.count_folders(nothing) == 0
    with pytest.raises(FileNotFoundError):
        storage.read_part(f"{tmp_path}/x", 0, 1)


def test_a_folder_changes_as_something_comes_into_it(tmp_path: Path) -> None:
    storage = LocalStorage()
    storage.make_folder(f"{tmp_path}/a/b")
    os.utime(tmp_path / "a", ns=(1, 1))
    before = storage.folders(str(tmp_path))
    storage.make_folder(f"{tmp_path}/a/b/c")
    assert storage.folders(str(tmp_path)) == before
    storage.make_folder(f"{tmp_path}/a/d")
    assert storage.folders(str(tmp_path)) != before


def test_parts_of_files_and_their_sizes_are_told(tmp_path: Path) -> None:
    storage, path = LocalStorage(), f"{tmp_path}/a/b/c"
    storage.write(path, b"12345")
    storage.write(f"{tmp_path}/a/a", b"")
    assert [storage.read_part(path, *part) for part in ((0, 2), (3, 9), (9, 1))] == [
        *(b"12", b"45", b"")
    ]
    found = list(storage.walk_files(f"{tmp_path}/a"))
    assert [(file.path, file.size) for file in found] == [(f"{tmp_path}/a/a", 0), (path, 5)]
    assert abs(found[1].modified - time.time() * 1000) < 60_000
    assert list(storage.walk_files(f"{tmp_path}/none")) == []
    with pytest.raises(FileNotFoundError):
        storage.read_part(f"{tmp_path}/none", 0, 1)
