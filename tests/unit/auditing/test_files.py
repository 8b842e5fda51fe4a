"""Parquet files by their names, and their rows, whatever a file holds."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from elfaust.auditing import files
from elfaust.auditing.files import AHEAD, ReadFile, listed, read_files, walked
from elfaust.errors import ServerAway
from elfaust.sinks.parquet import to_bytes
from elfaust.storage import LocalStorage

OFFSETS = f"{0:020d}-{2:020d}"


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


class Held:
    """Files in memory; notes which were read."""

    def __init__(self, held: dict[str, bytes]) -> None:
        self.held = held
        self.asked: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    def read(self, path: str) -> bytes:
        self.gate.wait(20)
        self.asked.append(path)
        if path not in self.held:
            raise FileNotFoundError(path)
        return self.held[path]


def parquet(**columns: Sequence[Any]) -> bytes:
    return to_bytes(pa.table({name: list(values) for name, values in columns.items()}))


def read(storage: Any, paths: Sequence[str], threads: ThreadPoolExecutor) -> list[ReadFile]:
    return list(read_files(storage, paths, threads))


def test_what_is_walked_is_below_the_folders_of_schemas(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    for path in ("edit_1/hour=2/b", "edit_1/hour=1/a", "foo_2/c", "_commits/lane=0/1", "_owners/x"):
        LocalStorage().write(f"{tmp_path}/{path}", b"")
    assert walked(LocalStorage(), f"{tmp_path}", threads) == {
        "edit_1": [f"{tmp_path}/edit_1/hour=1/a", f"{tmp_path}/edit_1/hour=2/b"],
        "foo_2": [f"{tmp_path}/foo_2/c"],
    }
    assert walked(LocalStorage(), f"{tmp_path}/none", threads) == {}


@pytest.mark.parametrize("root", ["/data", "/data/"])
def test_paths_are_in_order_whatever_a_storage_gives(
    root: str, threads: ThreadPoolExecutor
) -> None:
    storage: Any = SimpleNamespace(
        list=lambda path: ["edit_1"],
        walk=lambda path: iter([f"{path}/hour=2/b", f"{path}/hour=1/a"]),
    )
    found = walked(storage, root, threads)
    assert found == {"edit_1": ["/data/edit_1/hour=1/a", "/data/edit_1/hour=2/b"]}


def test_a_file_s_name_says_whose_it_is() -> None:
    ours = [f"/r/edit_1/hour=1/e.edit_1.12.{OFFSETS}{end}.parquet" for end in ("", ".1a2b")]
    strays = [
        "/r/edit_1/x.parquet",
        f"/r/edit_1/other.12.{OFFSETS}.parquet",
        f"/r/edit_1/e.edit_1.{OFFSETS}.parquet",
        f"/r/edit_1/e.edit_1.1234567890.{OFFSETS}.parquet",
        f"/r/edit_1/e.edit_1.12.{OFFSETS}.parquet.tmp",
        f"/r/edit_1/e.edit_1.12.{OFFSETS}.parquet/part",
    ]
    found = listed({"edit_1": [*ours, *strays], "foo_2": ["/r/foo_2/y"]}, {"e.edit_1"})
    assert found.of_lanes == {("e.edit_1", 12): ours}
    assert found.strays == {"edit_1": strays, "foo_2": ["/r/foo_2/y"]}
    assert found.lanes == {"e.edit_1": {12}}


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
    with ThreadPoolExecutor(1) as threads:
        reading = read_files(storage, sorted(storage.held), threads)
        next(reading)
        storage.gate.clear()
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
