"""What the storage holds besides the files of schemas, and what an account counts of those."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.audit_finding import Finding
from elfaust.sinks.parquet.file_names import FileNames, file_name
from elfaust.sinks.parquet.store import ParquetStore
from elfaust.sinks.parquet.table import to_bytes
from elfaust.sinks.reading import Stored
from elfaust.storage.local import LocalStorage


def settings_of(root: Path, path: str = "") -> Settings:
    base = Settings()
    hdfs = replace(base.hdfs, storage="local", root=f"{root}", path=path or base.hdfs.path)
    return replace(base, hdfs=hdfs)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "raw/{schema}/{revision}/y={year}/m={month}/d={day}/h={hour}",
        "{year}/{month}/{day}/{hour}/{schema}_{revision}",
    ],
)
@pytest.mark.parametrize("name", ["Edit", "_Under"])
def test_rows_are_those_of_the_files_of_a_name_whatever_the_path(
    tmp_path: Path, path: str, name: str
) -> None:
    settings, key, other = settings_of(tmp_path, path), SchemaKey(name, 1), SchemaKey("Other", 1)
    folder = FileNames(settings).in_hour(key, "2020-09-13T12")
    rows = to_bytes(pa.table({"uuid": ["a", "b", "a", None, None]}))
    for file in (file_name(f"eventlogging_{name}_1", 0, 0, 1), "_SUCCESS", ".x.crc"):
        LocalStorage().write(f"{folder}/{file}", rows)
    LocalStorage().write(f"{tmp_path}/x.parquet", rows)
    assert ParquetStore(settings).stored([key, other]) == {key: Stored(5, 1), other: Stored()}


def findings(settings: Settings) -> list[Finding]:
    with closing(ParquetStore(settings).read()) as reader:
        reader.begin({"eventlogging_Edit_1"})
        return list(reader.findings())


def test_what_is_of_no_schema_and_no_commit_is_found(tmp_path: Path) -> None:
    settings, storage = settings_of(tmp_path), LocalStorage()
    assert findings(settings) == []
    for name in ("x.parquet", "raw/x.parquet", "_SUCCESS", "edit_1/hour=1/_SUCCESS"):
        storage.write(f"{tmp_path}/{name}", b"x")
    storage.write(f"{tmp_path}/_temporary/lane=0/1.parquet", b"x")
    storage.write(f"{tmp_path}/_commits/lane=2/0000000001.json", b'{"files":')
    homeless, left, torn = findings(settings)
    where = f"in no schema's folder: {tmp_path}/raw/x.parquet, {tmp_path}/x.parquet"
    assert homeless == Finding("unreadable", "HDFS", 2, where)
    assert (left.kind, left.where, left.number) == ("left over", "HDFS", 1)
    assert (torn.kind, "lane=2/0000000001.json" in torn.detail) == ("unreadable", True)
