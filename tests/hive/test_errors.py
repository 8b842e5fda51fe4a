"""Refused events in the real Hive: a flat table by hour, times that no zone shifts."""

from __future__ import annotations

from pathlib import Path

import pytest

from elfaust.hive.server import session
from elfaust.query.duck import DuckDb
from elfaust.records import UNKNOWN_TIME, SchemaKey, Source
from elfaust.settings import Settings
from elfaust.sinks.parquet.error_files import ErrorFiles
from elfaust.sinks.parquet.error_table import COLUMNS
from elfaust.storage import open_storage
from tests.hive.files import Warehouse
from tests.unit.sinks.parquet.test_error_table import RAW, error

#: 2026-03-08T02:30:00.123Z, a time that Los Angeles has not.
MARCH = 1_772_937_000_123
QUESTION = (
    "SELECT error_offset, code, `schema`, revision, refused_by, raw_offset,"
    " CAST(received AS STRING), hour FROM eventerror WHERE year < 2027 ORDER BY error_offset"
)
ROWS = [
    [1, "validation", "Edit", 7, "processor", 12, "2026-03-08 02:30:00.123", 2],
    [2, "validation", "Edit", 7, "mysql", 5, "2026-03-08 02:30:00.123", 2],
    [3, "validation", "Edit", 7, "processor", 13, None, 0],
]


@pytest.mark.long
def test_refused_events_are_asked_for_in_hive_and_duckdb_alike(
    hive: Settings, tmp_path: Path
) -> None:
    warehouse, storage = Warehouse(hive, tmp_path / "schemas"), open_storage(hive.hdfs)
    records = [
        error(1, time=MARCH),
        error(2, Source(f"mysql/{RAW}", 5), MARCH),
        error(3, Source(RAW, 13), UNKNOWN_TIME),
    ]
    for file in ErrorFiles(hive).files(SchemaKey("EventError", 1), records, "e.0.parquet"):
        storage.write(file.final, file.data)
    report = warehouse.run()
    assert (report.tables, report.added) == (["eventerror"], {"eventerror": 2})
    with session(hive.hive) as asked:
        of_hive = asked.rows(QUESTION.replace("FROM ", f"FROM `{hive.hive.database}`."))
        described = asked.rows(f"DESCRIBE `{hive.hive.database}`.eventerror")
    comments = {name: said for name, _, said in described[: len(COLUMNS)]}
    assert [list(row) for row in of_hive] == ROWS
    assert comments == {name: words for name, (_, words) in COLUMNS.items()}
    duck = DuckDb(hive)
    answer = duck.ask(QUESTION.replace("`schema`", '"schema"'))
    assert [list(row) for row in answer.rows] == ROWS
    duck.close()
