"""Partitions on the real metastore: by which queries are pruned, told, repaired."""

from __future__ import annotations

import json

import pytest

from elfaust.errors import HiveRefuses
from elfaust.hive.server import Session
from elfaust.hive.status import status_of
from elfaust.records import SchemaKey
from tests.hive.files import EDIT, SAVE, Warehouse, count, told


def test_hours_are_partitions_by_which_queries_are_pruned(
    warehouse: Warehouse, asked: Session
) -> None:
    warehouse.put(EDIT, [{"a": "3"}], "2026-03-08T12")
    warehouse.put(SchemaKey("Edit", 1), [{"a": "4"}], "2026-11-08T09", first=9)
    assert warehouse.run().added == {"edit_1": 2}
    assert not warehouse.run().is_changed
    assert count(asked, "edit", "hour < 10") == 3
    [(plan,)] = asked.rows("EXPLAIN DEPENDENCY SELECT count(*) FROM edit WHERE month = 11")
    assert [
        of["partitionName"].rpartition("@")[2] for of in json.loads(plan)["input_partitions"]
    ] == ["year=2026/month=11/day=8/hour=9"]


def test_a_late_file_is_counted_after_statistics(warehouse: Warehouse, asked: Session) -> None:
    asked.rows("ANALYZE TABLE edit_1 PARTITION (year, month, day, hour) COMPUTE STATISTICS")
    warehouse.put(EDIT, [{"a": "late"}], first=7)
    assert count(asked, "edit_1") == count(asked, "edit") == 3


def test_partitions_that_differ_are_told_and_repaired(warehouse: Warehouse, asked: Session) -> None:
    warehouse.put(EDIT, [{"a": "3"}], "2026-03-08T12")
    warehouse.put(EDIT, [{"a": "4"}], "2026-03-08T13")
    warehouse.run()
    warehouse.storage.delete(warehouse.folder(EDIT, "2026-03-08T12"))
    hour = "year=2026, month=3, day=8, hour"
    asked.rows(f"ALTER TABLE edit_1 DROP PARTITION ({hour}=2)")
    elsewhere = warehouse.folder(SAVE)
    asked.rows(f"ALTER TABLE edit_1 PARTITION ({hour}=13) SET LOCATION '{elsewhere}'")
    # A folder that is gone has no rows, and no query fails for it.
    assert count(asked, "edit", "hour = 12") == 0
    found = status_of(warehouse.new_sync())
    assert not found.is_complete
    [edit] = [table for table in found.tables if table.name == "edit_1"]
    assert (edit.partitions, edit.missing) == (2, 1)
    what = sorted(of.what for of in found.told)
    hdfs = f"hdfs://127.0.0.1:{warehouse.settings.stack.namenode_port}"
    assert what == [
        f"has 1 partitions each of which reads {hdfs}{elsewhere}: year=2026/month=3/day=8/hour=13",
        "has 1 partitions without a folder: year=2026/month=3/day=8/hour=12",
    ]
    report = warehouse.run(full=True, deep=True, repair=True)
    assert (report.dropped, report.added) == ({"edit_1": 2}, {"edit_1": 2})
    assert status_of(warehouse.new_sync()).is_complete
    assert count(asked, "edit") == 3


def test_strange_folders_and_files_are_told_by_name(warehouse: Warehouse, asked: Session) -> None:
    root, folder = warehouse.root, warehouse.folder(EDIT)
    whole = warehouse.put(EDIT, [{"a": "3"}], "2026-03-08T12")
    warehouse.storage.write(whole, warehouse.storage.read(whole)[:-9])
    warehouse.storage.write(f"{folder}/mine.parquet", b"no Parquet at all")
    warehouse.storage.write(f"{root}/edit_1/year=2026/month=03/day=8/hour=2/x", b"")
    warehouse.storage.write(f"{root}/nobody_1/year=2026/month=3/day=8/hour=2/_hidden", b"")
    warehouse.storage.write(f"{root}/notes/x", b"")
    warehouse.run()
    found = told(status_of(warehouse.new_sync()).told)
    assert set(found) == {
        whole,
        f"{folder}/mine.parquet",
        f"{root}/edit_1/year=2026/month=03",
        f"{root}/notes",
        f"{root}/notes/x",
        "nobody_1",
    }
    assert "cut short" in found[whole]
    with pytest.raises(HiveRefuses):
        count(asked, "edit", "hour = 12")
    assert count(asked, "save") == 2


def test_hives_own_repair_finds_nothing_to_do(warehouse: Warehouse, asked: Session) -> None:
    warehouse.storage.write(f"{warehouse.root}/_temporary/x.parquet", b"")
    warehouse.storage.write(f"{warehouse.folder(EDIT)}/_half.parquet", b"half")
    asked.rows("MSCK REPAIR TABLE edit_1 SYNC PARTITIONS")
    assert asked.rows("SHOW PARTITIONS edit_1") == [("year=2026/month=3/day=8/hour=2",)]
    assert not warehouse.run(full=True, deep=True).is_changed
    assert count(asked, "edit_1") == 2
