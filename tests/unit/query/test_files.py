"""What reads the Parquet files can read those that it was given, and write none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet as pq
import pytest

from elfaust.errors import ServerAway
from elfaust.query import files
from elfaust.query.files import ReadOnlyFiles
from elfaust.storage.local import LocalStorage


@pytest.fixture
def stored(tmp_path: Path) -> tuple[ReadOnlyFiles, str]:
    path = tmp_path / "in" / "x.parquet"
    path.parent.mkdir()
    pq.write_table(pa.table({"a": list(range(5_000))}), path)
    (tmp_path / "other.parquet").write_bytes(path.read_bytes())
    storage = LocalStorage()
    system = ReadOnlyFiles(storage)
    for file in storage.walk_files(str(path.parent)):
        system.admit(file)
    return system, str(path)


@pytest.mark.parametrize("whole_bytes", [4_000_000, 100])
def test_pyarrow_reads_a_file_whole_or_in_parts(
    stored: tuple[ReadOnlyFiles, str], whole_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "WHOLE_BYTES", whole_bytes)
    system, path = stored
    handler = pyarrow.fs.PyFileSystem(pyarrow.fs.FSSpecHandler(system))
    assert pq.read_table(path, filesystem=handler)["a"].to_pylist() == list(range(5_000))
    assert system.ls(path.rpartition("/")[0], detail=False) == [path]


@pytest.mark.parametrize("mode", ["wb", "ab", "r+b", "xb", "w", "r"])
def test_nothing_is_opened_but_for_reading(stored: tuple[ReadOnlyFiles, str], mode: str) -> None:
    system, path = stored
    with pytest.raises(PermissionError):
        system.open(path, mode)


def test_nothing_is_written_moved_or_deleted(
    stored: tuple[ReadOnlyFiles, str], tmp_path: Path
) -> None:
    system, path = stored
    handler = pyarrow.fs.PyFileSystem(pyarrow.fs.FSSpecHandler(system))
    tries: list[Any] = [
        lambda: handler.open_output_stream(path),
        lambda: handler.open_append_stream(path),
        lambda: handler.delete_file(path),
        lambda: handler.move(path, f"{path}.moved"),
        lambda: handler.copy_file(path, f"{path}.copied"),
        lambda: system.rm(path),
        lambda: system.pipe_file(path, b""),
        lambda: system.touch(path),
    ]
    before = sorted((of, of.stat().st_size) for of in tmp_path.rglob("*"))
    for attempt in tries:
        with pytest.raises((OSError, NotImplementedError)):
            attempt()
    assert sorted((of, of.stat().st_size) for of in tmp_path.rglob("*")) == before


def test_files_that_were_not_listed_are_not_there(
    stored: tuple[ReadOnlyFiles, str], tmp_path: Path
) -> None:
    for path in (f"{tmp_path}/other.parquet", "/etc/passwd", f"{tmp_path}/in/../other.parquet"):
        with pytest.raises(FileNotFoundError):
            stored[0].open(path)


def test_a_storage_that_is_away_is_remembered_whoever_was_between(
    stored: tuple[ReadOnlyFiles, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    system, path = stored

    def away(*_: Any) -> bytes:
        raise ServerAway("HDFS", "refused")

    monkeypatch.setattr(LocalStorage, "read_part", away)
    with pytest.raises(ServerAway):
        system.open(path)
    assert system.trouble is not None
