"""WebHDFS keeps the contract of the local storage, on a real HDFS."""

from __future__ import annotations

import pytest

from elfaust.errors import CommitTorn, FolderTrouble
from elfaust.settings import Settings
from elfaust.sinks.parquet.commit_files import Progress
from elfaust.sinks.parquet.commits import CommitLog
from elfaust.storage import open_storage


def test_what_stands_in_a_files_way_loses_no_events(fresh: Settings) -> None:
    storage, root = open_storage(fresh.hdfs), fresh.hdfs.root
    log = CommitLog(storage, root, 1)
    log.recover()
    storage.write(f"{root}/files/file", b"not ours")
    storage.write(f"{root}/files/folder/inner", b"not ours")
    names = ["file", "folder", "free"]
    temporary = [log.temporary(index) for index, _ in enumerate(names)]
    for name, path in zip(names, temporary, strict=True):
        storage.write(path, name.encode())
    log.commit(
        [(path, f"{root}/files/{name}") for name, path in zip(names, temporary, strict=True)],
        Progress({"t": 3}),
    )
    assert CommitLog(storage, root, 1).recover() == Progress({"t": 3})
    held = {storage.read(path) for path in storage.walk(f"{root}/files")}
    assert held == {b"not ours", b"file", b"folder", b"free"}
    assert storage.list(f"{root}/files/folder") == ["inner"]
    assert storage.read(f"{root}/files/free") == b"free"


def test_a_folder_that_is_named_like_a_commit_is_told_by_name(fresh: Settings) -> None:
    storage, root = open_storage(fresh.hdfs), fresh.hdfs.root
    CommitLog(storage, root, 1).recover()
    storage.write(f"{root}/_commits/lane=1/0000000002.json/inner", b"")
    with pytest.raises(CommitTorn, match="it is no file"):
        CommitLog(storage, root, 1).recover()


def test_a_folder_that_takes_no_files_is_told_by_name(fresh: Settings) -> None:
    storage, root = open_storage(fresh.hdfs), fresh.hdfs.root
    storage.write(f"{root}/file", b"not ours")
    for path in ("file", "file/hour"):
        with pytest.raises(FolderTrouble, match=f"{path} takes no files"):
            storage.make_folder(f"{root}/{path}")
    storage.make_folder(f"{root}/mine/hour")
    storage.make_folder(f"{root}/mine/hour")


def test_a_rename_never_replaces(fresh: Settings) -> None:
    storage, root = open_storage(fresh.hdfs), fresh.hdfs.root
    storage.write(f"{root}/s", b"1")
    assert storage.rename(f"{root}/s", f"{root}/d/t")
    assert not storage.rename(f"{root}/s", f"{root}/d/t")
    storage.write(f"{root}/s", b"2")
    assert not storage.rename(f"{root}/s", f"{root}/d/t")
    assert storage.read(f"{root}/d/t") == b"1"


def test_folders_and_files_are_told_apart(fresh: Settings) -> None:
    storage, root = open_storage(fresh.hdfs), fresh.hdfs.root
    storage.write(f"{root}/a/b/c", b"12345678")
    storage.write(f"{root}/d", b"1")
    assert list(storage.folders(root)) == ["a"]
    assert storage.files(root) == {"d": 1}
    assert storage.count_folders(root) == 2
    assert storage.read_part(f"{root}/a/b/c", 4, 3) == b"567"
    for nothing in (f"{root}/x", f"{root}/d"):
        assert storage.folders(nothing) == storage.files(nothing) == {}
        assert storage.count_folders(nothing) == 0


def test_a_folder_changes_as_something_comes_into_it(fresh: Settings) -> None:
    storage, root = open_storage(fresh.hdfs), fresh.hdfs.root
    storage.make_folder(f"{root}/a/b")
    before = storage.folders(root)
    storage.make_folder(f"{root}/a/b/c")
    assert storage.folders(root) == before
    storage.make_folder(f"{root}/a/d")
    assert storage.folders(root) != before
