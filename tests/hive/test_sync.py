"""Tables, views and partitions on the real metastore: made, kept, restored, and never forced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from elfaust.commands import main
from elfaust.errors import HiveRefuses
from elfaust.hive.server import Session, session
from elfaust.hive.status import status_of
from elfaust.hive.tables import Table, table_of
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Settings, as_environ
from tests.hive.files import Warehouse, told

EDIT, SAVE = SchemaKey("Edit", 1), SchemaKey("Save", 1)
STRING = {"type": "string"}


@pytest.fixture
def warehouse(hive: Settings, tmp_path: Path) -> Warehouse:
    """Two schemas, each with a file of two events."""
    made = Warehouse(hive, tmp_path / "schemas")
    for key in (EDIT, SAVE):
        made.add(key, {"a": STRING})
        made.put(key, [{"a": "1"}, {"a": "2"}])
    return made


@pytest.fixture
def asked(warehouse: Warehouse) -> Iterator[Session]:
    """A session in the database, which is there."""
    warehouse.run()
    with session(warehouse.settings.hive) as open_session:
        open_session.rows(f"USE `{warehouse.settings.hive.database}`")
        yield open_session


def count(asked: Session, source: str, where: str = "TRUE") -> int:
    [(rows,)] = asked.rows(f"SELECT count(*) FROM {source} WHERE {where}")
    return int(rows)


def test_dropping_tables_and_the_database_leaves_the_files(
    warehouse: Warehouse, asked: Session
) -> None:
    files = warehouse.files()
    asked.rows("DROP TABLE edit_1")
    assert warehouse.files() == files
    assert warehouse.run().tables == ["edit_1"]
    assert count(asked, "edit") == 2
    asked.rows(f"DROP DATABASE `{warehouse.settings.hive.database}` CASCADE")
    assert warehouse.files() == files
    report = warehouse.run()
    assert report.database
    assert sorted(report.tables) == ["edit_1", "save_1"]
    assert count(asked, f"`{warehouse.settings.hive.database}`.save") == 2


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


def test_new_columns_reach_the_partitions_that_there_are(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest: list[str] = []

    def of_an_older_release(schema: Schema, name: str, location: str) -> Table:
        table = table_of(schema, name, location)
        newest.append(table.columns[-1].name)
        return replace(table, columns=table.columns[:-1])

    with monkeypatch.context() as older:
        older.setattr("elfaust.hive.wanted.table_of", of_an_older_release)
        warehouse.new_sync().run()
    report = warehouse.run()
    assert (sorted(report.columns), report.told) == (["edit_1", "save_1"], [])
    # Each partition has its own copy of the columns, by which some readers go.
    assert status_of(warehouse.new_sync()).is_complete
    with session(warehouse.settings.hive) as asked:
        assert (
            count(
                asked, f"`{warehouse.settings.hive.database}`.edit_1", f"`{newest[0]}` IS NOT NULL"
            )
            == 2
        )


def test_columns_follow_the_file_of_a_schema(warehouse: Warehouse, asked: Session) -> None:
    warehouse.add(EDIT, {"a": STRING, "b": {"type": "integer"}})
    warehouse.put(EDIT, [{"a": "3", "b": 4}], first=5)
    warehouse.sync = warehouse.new_sync()
    report = warehouse.run()
    assert (report.columns, report.views, report.told) == (["edit_1"], ["edit"], [])
    assert status_of(warehouse.new_sync()).is_complete
    rows = asked.rows("SELECT event.a, event.b FROM edit")
    assert sorted(rows) == [("1", None), ("2", None), ("3", 4)]


def test_what_was_altered_by_hand_is_told_and_stays(warehouse: Warehouse, asked: Session) -> None:
    asked.rows("ALTER TABLE edit_1 SET TBLPROPERTIES ('EXTERNAL'='FALSE')")
    asked.rows("ALTER TABLE save_1 ADD COLUMNS (mine STRING) CASCADE")
    asked.rows("ALTER VIEW save AS SELECT uuid FROM save_1")
    report = warehouse.run(full=True)
    assert not report.is_changed
    assert told(report.told) == {
        "edit_1": "is not external: DROP TABLE deletes the files",
        "save": "is a view that somebody made or altered by hand",
        "save_1": "has column mine, which no file has",
    }
    # The rest works, and theirs too.
    warehouse.put(SAVE, [{"a": "5"}], "2026-03-08T13")
    assert warehouse.run().added == {"save_1": 1}
    asked.rows("ALTER TABLE edit_1 SET TBLPROPERTIES ('EXTERNAL'='TRUE')")
    asked.rows("DROP VIEW save")
    report = warehouse.run()
    assert (report.views, set(told(report.told))) == (["save"], {"save_1"})


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
    assert what == [
        "has 1 partitions each of which reads " + f"{elsewhere}: year=2026/month=3/day=8/hour=13",
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


def test_statements_of_ddl_make_the_same(warehouse: Warehouse, asked: Session) -> None:
    words = 'it\'s "q" ; ${system:user.name} \\ \u00e9'
    warehouse.add(SAVE, {"end": {**STRING, "description": words}}, description=words)
    database = warehouse.settings.hive.database
    asked.rows(f"DROP DATABASE `{database}` CASCADE")
    printed = CliRunner().invoke(main, ["hive", "ddl"], env=as_environ(warehouse.settings))
    for statement in printed.output.split(";\n"):
        if lines := [line for line in statement.splitlines() if line and line[:2] != "--"]:
            asked.rows("\n".join(lines))
    report = warehouse.new_sync().run()
    assert (report.tables, report.views, report.told) == ([], [], [])
    assert report.added == {"edit_1": 1, "save_1": 1}
    shown = dict(asked.rows(f"SHOW TBLPROPERTIES `{database}`.save"))
    assert shown["elfaust.field.event.end"] == shown["comment"] == words
