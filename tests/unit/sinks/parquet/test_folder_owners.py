"""A folder has one owner, whoever comes at the same time."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from elfaust.errors import FolderTrouble
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.parquet.folder_owners import FolderOwners
from elfaust.sinks.parquet.reader import parquet_files
from elfaust.storage.local import LocalStorage

FOO, SMALL = SchemaKey("Foo", 1), SchemaKey("foo", 1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    base = Settings()
    hdfs = dataclasses.replace(base.hdfs, root=f"{tmp_path}/event/", storage="local")
    return dataclasses.replace(base, hdfs=hdfs)


def owners_of(settings: Settings) -> FolderOwners:
    return FolderOwners(settings, LocalStorage())


def test_the_first_has_the_folder(settings: Settings) -> None:
    assert owners_of(settings).owner(FOO) == ""
    assert [owners_of(settings).claim(key) for key in (FOO, SMALL, FOO)] == ["Foo_1"] * 3
    assert [owners_of(settings).owner(key) for key in (FOO, SMALL)] == ["Foo_1"] * 2
    assert owners_of(settings).claim(SchemaKey("foo", 2)) == "foo_2"
    assert list(parquet_files(LocalStorage(), settings.hdfs.root)) == []


def test_of_two_workers_one_is_first(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as threads:
        for revision in range(1, 20):
            keys = [SchemaKey(name, revision) for name in ("Foo", "foo", "FOO", "fOO") * 2]
            found = set(threads.map(lambda key: owners_of(settings).claim(key), keys))
            assert len(found) == 1
    # No draft is left.
    assert len(LocalStorage().list(f"{settings.hdfs.root}_owners")) == 19


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        (Settings().hdfs.path, "foo_1"),
        ("of/{schema}/{revision}/{year}-{month}-{day}-{hour}", "of/foo/1"),
    ],
)
def test_files_of_before_say_whose_a_folder_is(settings: Settings, path: str, folder: str) -> None:
    hdfs = dataclasses.replace(settings.hdfs, path=path)
    settings = dataclasses.replace(settings, hdfs=hdfs)
    files = f"{settings.hdfs.root}{folder}/year=2020"
    span = f"{0:020d}-{9:020d}"
    for name in (
        "notes.txt",
        f"eventlogging_Bar_1.0.{span}.parquet",
        f"eventlogging_foo_1.0.{span}.parquet",
    ):
        LocalStorage().write(f"{files}/{name}", b"")
    assert owners_of(settings).claim(FOO) == "foo_1"


@pytest.mark.parametrize("content", [b"", b"Bar_1", b"\xff"])
def test_a_file_that_names_no_owner_holds_up_its_schema(settings: Settings, content: bytes) -> None:
    LocalStorage().write(f"{settings.hdfs.root}_owners/foo_1", content)
    with pytest.raises(FolderTrouble, match="foo_1"):
        owners_of(settings).claim(FOO)


def test_a_folder_in_the_place_of_the_file_holds_up_its_schema(settings: Settings) -> None:
    LocalStorage().make_folder(f"{settings.hdfs.root}_owners/foo_1")
    with pytest.raises(FolderTrouble, match="no file"):
        owners_of(settings).claim(FOO)
