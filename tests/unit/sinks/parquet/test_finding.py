"""The file of one event is found by its offset, in the folder of its hour or of its arrival."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from elfaust.records import Record, SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.parquet.file_names import FileNames, file_name, holds
from elfaust.sinks.parquet.finding import Found
from elfaust.sinks.parquet.store import ParquetStore

KEY, TOPIC = SchemaKey("Edit", 1), "eventlogging_Edit_1"
#: 2020-09-13T12:26:40Z, ms.
TIME = 1_600_000_000_000


def file_of(tmp_path: Path, hour: str, capsule: dict[str, Any], offset: int = 6) -> Found:
    """Write a file of offsets 5 to 7 into the folder of an hour; return that of an event."""
    base = Settings()
    hdfs = replace(base.hdfs, storage="local", root=str(tmp_path))
    settings = replace(base, hdfs=hdfs)
    path = Path(FileNames(settings).in_hour(KEY, hour)) / file_name(TOPIC, 1, 5, 7, "ab")
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"uuid": ["a", "b", "b"]}), path)
    record = Record(TOPIC, 1, offset, TIME, b"{}")
    found = ParquetStore(settings).file_of(KEY, record, capsule)
    return found._replace(path=found.path and str(Path(found.path) == path))


@pytest.mark.parametrize(
    ("hour", "capsule"),
    [
        ("2020-09-13T12", {"dt": "2020-09-13T12:00:00Z"}),
        ("2020-09-13T11", {"dt": "2020-09-13T12:00:00+01:00"}),
        ("2020-09-13T11", {"timestamp": TIME - 3_600_000}),
        ("2020-09-13T12", {"dt": "2199-01-01T00:00:00Z"}),
        ("2020-09-13T12", {"dt": "soon"}),
    ],
)
def test_it_is_in_the_folder_that_the_sink_has_chosen(
    tmp_path: Path, hour: str, capsule: dict[str, Any]
) -> None:
    assert file_of(tmp_path, hour, {"uuid": "b", **capsule}) == Found("True", 2)


def test_there_is_none_of_another_offset_or_hour(tmp_path: Path) -> None:
    assert file_of(tmp_path / "1", "2020-09-13T12", {"uuid": "a"}, offset=8) == Found("", 0)
    assert file_of(tmp_path / "2", "2020-09-13T02", {"uuid": "a"}) == Found("", 0)


def test_a_name_says_which_offsets_it_has() -> None:
    name = "/a/" + file_name("t", 1, 5, 7)
    assert [holds(name, "t", 1, offset) for offset in (4, 5, 7, 8)] == [False, True, True, False]
    assert not holds(name, "t", 2, 5)
    assert not holds(name, "u", 1, 5)
    assert not holds("/a/b.parquet", "t", 1, 5)
