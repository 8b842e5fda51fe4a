"""Parquet files by their names, and their rows, whatever a file holds."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from elfaust.errors import ServerAway
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.sinks.parquet.reading import files
from elfaust.sinks.parquet.reading.files import AHEAD, ReadFile, listed, read_files, walked
from elfaust.sinks.parquet.table import to_bytes
from elfaust.storage.local import LocalStorage

OFFSETS = f"{0:020d}-{2:020d}"


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


class Held:
    """Files in memory; notes which were read. Those after the first wait for the gate."""

    def __init__(self, held: dict[str, bytes]) -> None:
        self.held = held
        self.asked: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    def read(self, path: str) -> bytes:
        if self.asked:
            self.gate.wait(20)
        self.asked.append(path)
        if path not in self.held:
            raise FileNotFoundError(path)
        return self.held[path]


def parquet(**columns: Sequence[Any]) -> bytes:
    return to_bytes(pa.table({name: list(values) for name, values in columns.items()}))


def read(storage: Any, paths: Sequence[str], threads: ThreadPoolExecutor) -> list[ReadFile]:
    return [of._replace(columns=None) for of in read_files(storage, paths, threads)]


def names_of(path: str = "", topic: str = "e.{schema}_{revision}") -> FileNames:
    base = Settings()
    hdfs = replace(base.hdfs, root="/r", path=path or base.hdfs.path)
    return FileNames(replace(base, hdfs=hdfs, topics=replace(base.topics, event=topic)))


@pytest.mark.parametrize(
    "path",
    [
        Settings().hdfs.path,
        "raw/{schema}/{revision}/y={year}/m={month}/d={day}/h={hour}",
        "{year}/{month}/{day}/{hour}/{schema}_{revision}",
    ],
)
def test_what_is_walked_is_all_but_elfaust_s_own(
    tmp_path: Path, threads: ThreadPoolExecutor, path: str
) -> None:
    files = [
        "a/b/c/d",
        "_under_1/hour=1/a",
        "edit_1/x",
        "edit_1/hour=1/_SUCCESS",
        "file",
        "raw/file",
    ]
    for name in (*files, "_commits/lane=0/1", "_owners/x", "_temporary/lane=0/y"):
        LocalStorage().write(f"{tmp_path}/{name}", b"")
    LocalStorage().make_folder(f"{tmp_path}/empty")
    for root in (f"{tmp_path}", f"{tmp_path}/"):
        found = walked(LocalStorage(), names_of(path), root, threads)
        assert sorted(found) == sorted(f"{tmp_path}/{name}" for name in files)
    assert walked(LocalStorage(), names_of(path), f"{tmp_path}/none", threads) == []


EDIT = SchemaKey("Edit", 1)


@pytest.mark.parametrize("root", ["/data", "/data/"])
def test_paths_are_in_order_whatever_a_storage_gives(
    root: str, threads: ThreadPoolExecutor
) -> None:
    storage: Any = SimpleNamespace(
        list=lambda path: ["edit_1"],
        walk=lambda path: iter([f"{path}/hour=2/b", f"{path}/hour=1/a"]),
    )
    found = walked(storage, names_of(), root, threads)
    assert found == ["/data/edit_1/hour=1/a", "/data/edit_1/hour=2/b"]


def test_a_file_s_name_says_whose_it_is() -> None:
    ours = [f"/r/edit_1/hour=1/e.Edit_1.12.{OFFSETS}{end}.parquet" for end in ("", ".1a2b")]
    anywhere = f"/r/x/e.Edit_1.0.{OFFSETS}.parquet"
    strays = [
        "/r/edit_1/x.parquet",
        f"/r/edit_1/other.12.{OFFSETS}.parquet",
        f"/r/edit_1/e.Gone_1.12.{OFFSETS}.parquet",
        f"/r/edit_1/e.Edit_1.{OFFSETS}.parquet",
        f"/r/edit_1/e.Edit_1.1234567890.{OFFSETS}.parquet",
        f"/r/edit_1/e.Edit_1.12.{OFFSETS}.parquet.tmp",
        f"/r/edit_1/e.Edit_1.12.{OFFSETS}.parquet/part",
    ]
    homeless = ["/r/foo_2/y", "/r/z.parquet", f"/r/{OFFSETS}.parquet"]
    passed_over = [
        "/r/_SUCCESS",
        "/r/edit_1/_SUCCESS",
        "/r/edit_1/.x.crc",
        f"/r/edit_1/_e.Edit_1.12.{OFFSETS}.parquet",
        f"/r/gone_1/e.Gone_1.12.{OFFSETS}.parquet",
    ]
    paths = [*ours, anywhere, *strays, *homeless, *passed_over]
    found = listed(paths, {"e.Edit_1", "other_topic"}, names_of())
    assert found.of_lanes == {("e.Edit_1", 12): ours, ("e.Edit_1", 0): [anywhere]}
    assert found.strays == {EDIT: strays}
    assert found.homeless == homeless
    assert found.lanes == {"e.Edit_1": {0, 12}}


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("raw/{schema}/{revision}/y={year}/m={month}/d={day}/h={hour}", "raw/edit/1/y=2020"),
        ("_/{schema}_{revision}/{year}{month}{day}{hour}", "_/edit_1"),
        ("{year}/{month}/{day}/{hour}/{schema}_{revision}", ""),
        ("{schema}/{year}/{revision}/{month}/{day}/{hour}", ""),
    ],
)
def test_whatever_the_path_a_file_is_found(path: str, folder: str) -> None:
    names = names_of(path)
    file = f"{names.in_hour(EDIT, '2020-09-13T12')}/e.Edit_1.3.{OFFSETS}.parquet"
    stray = f"/r/{folder or 'edit/1'}/x"
    found = listed([file, stray], {"e.Edit_1"}, names)
    assert found.of_lanes == {("e.Edit_1", 3): [file]}
    assert (found.strays, found.homeless) == (({EDIT: [stray]}, []) if folder else ({}, [stray]))


def test_rows_come_file_by_file_in_their_order(threads: ThreadPoolExecutor) -> None:
    paths = [f"{n}" for n in range(3 * AHEAD)]
    storage = Held({path: parquet(uuid=[path, None]) for path in paths})
    found = read(storage, paths, threads)
    assert found == [ReadFile(path, [{"uuid": path}, {"uuid": None}]) for path in paths]


def test_no_more_files_are_read_ahead_than_are_to_be(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "AHEAD", 2)
    submitted: list[Any] = []

    class Counting:
        def submit(self, call: Any, *arguments: Any) -> Any:
            submitted.append(arguments)
            return threads.submit(call, *arguments)

    storage: Any = Held({str(n): parquet(uuid=["u"]) for n in range(9)})
    reading = read_files(storage, sorted(storage.held), Counting())  # type: ignore[arg-type]
    for taken in range(1, 5):
        assert next(reading).rows == [{"uuid": "u"}]
        assert len(submitted) == taken + 1


def test_what_nobody_asks_for_any_more_is_not_read() -> None:
    storage: Any = Held({str(n): parquet(uuid=["u"]) for n in range(9)})
    storage.gate.clear()
    with ThreadPoolExecutor(1) as threads:
        reading = read_files(storage, sorted(storage.held), threads)
        next(reading)
        # Done before the executor waits for what it has.
        reading.close()  # type: ignore[attr-defined]
        storage.gate.set()
    assert len(storage.asked) < 9


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PAR1",
        parquet(uuid=["u"])[:-20],
        parquet(uuid=["u"])[:50] + bytes(40) + parquet(uuid=["u"])[90:],
        parquet(other=["u"]),
        parquet(uuid=[7]),
        parquet(uuid=[["u"]]),
        parquet(uuid=[b"u"]),
        parquet(UUID=["u"]),
    ],
    ids=range(9),
)
def test_what_is_no_file_of_ours_has_no_rows(content: bytes, threads: ThreadPoolExecutor) -> None:
    storage = Held({"bad": content, "good": parquet(uuid=["u"])})
    found = read(storage, ["bad", "gone", "good"], threads)
    assert found == [
        ReadFile("bad", None),
        ReadFile("gone", None),
        ReadFile("good", [{"uuid": "u"}]),
    ]


@pytest.mark.parametrize(
    "error", [pa.ArrowNotImplementedError, OSError, OverflowError, TypeError, UnicodeError]
)
def test_a_file_that_cannot_be_read_has_no_rows(
    error: type[Exception], threads: ThreadPoolExecutor
) -> None:
    class Broken(Held):
        def read(self, path: str) -> bytes:
            raise error("no")

    assert read(Broken({}), ["a"], threads) == [ReadFile("a", None)]


def test_a_storage_that_is_away_is_told(threads: ThreadPoolExecutor) -> None:
    class Away(Held):
        def read(self, path: str) -> bytes:
            raise ServerAway("HDFS", "refused")

    with pytest.raises(ServerAway, match="refused"):
        read(Away({}), ["a", "b"], threads)
