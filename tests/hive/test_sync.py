"""Tables and views on the real metastore: made, kept, restored, and never forced."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from click.testing import CliRunner

from elfaust.commands import main
from elfaust.hive.server import Session, session
from elfaust.hive.status import status_of
from elfaust.hive.tables import Table, table_of
from elfaust.query.freshness_file import write
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import as_environ
from tests.hive.files import EDIT, SAVE, STRING, Warehouse, count, told


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


def test_a_schema_may_begin_as_hidden_names_do(warehouse: Warehouse, asked: Session) -> None:
    key = SchemaKey("_lead", 1)
    warehouse.add(key, {"a": STRING})
    warehouse.put(key, [{"a": "1"}, {"a": "2"}])
    assert warehouse.run().tables == ["_lead_1"]
    assert count(asked, "`_lead`", "event.a = '2'") == 1


def test_what_somebody_made_under_a_name_of_elfausts_stays(
    warehouse: Warehouse, asked: Session
) -> None:
    asked.rows("CREATE TABLE mine_1 (dt STRING)")
    asked.rows("CREATE TABLE elfaust_freshness (mine STRING)")
    was = [asked.rows(f"DESCRIBE FORMATTED {name}") for name in ("mine_1", "elfaust_freshness")]
    key = SchemaKey("Mine", 1)
    warehouse.add(key, {"a": STRING})
    warehouse.put(key, [{"a": "1"}])
    write(warehouse.settings, warehouse.storage, [], time.time())
    report = warehouse.run(full=True)
    assert not report.is_changed
    assert told(report.told) == {
        "mine_1": "is a table that somebody made: the schema revision of that name has none",
        "mine": "is not kept: mine_1 is somebody else's",
        "elfaust_freshness": "is somebody else's: the table of freshness is not in Hive",
    }
    is_ = [asked.rows(f"DESCRIBE FORMATTED {name}") for name in ("mine_1", "elfaust_freshness")]
    assert is_ == was
    asked.rows("DROP TABLE elfaust_freshness")
    write(warehouse.settings, warehouse.storage, [], time.time())
    write(warehouse.settings, warehouse.storage, [], time.time())
    assert count(asked, "elfaust_freshness") == 0
    assert "elfaust_freshness" not in told(warehouse.run(full=True).told)


def test_another_file_system_and_odd_parameters_are_told(
    warehouse: Warehouse, asked: Session
) -> None:
    path = warehouse.folder(EDIT)
    hour = "year=2026, month=3, day=8, hour=2"
    asked.rows(f"ALTER TABLE edit_1 PARTITION ({hour}) SET LOCATION 'file://{path}'")
    asked.rows("ALTER TABLE save_1 SET SERDEPROPERTIES ('parquet.column.index.access'='true')")
    report = warehouse.run(full=True, deep=True)
    assert f"each of which reads file:{path}" in told(report.told)["edit_1"].replace("//", "")
    assert "parquet.column.index.access" in told(report.told)["save_1"]
    assert warehouse.run(full=True, deep=True, repair=True).added == {"edit_1": 1}
    assert count(asked, "edit_1") == 2


def test_the_cures_of_a_renamed_table_leave_the_files(warehouse: Warehouse, asked: Session) -> None:
    files = warehouse.files()
    asked.rows("ALTER TABLE edit_1 RENAME TO old")
    asked.rows("ALTER TABLE old SET TBLPROPERTIES ('external.table.purge'='true')")
    purge, where = (of for of in warehouse.run(full=True).told if of.name == "old")
    assert where.what.endswith("as edit_1 does")
    asked.rows(purge.cure)
    [where] = warehouse.run(full=True).told
    asked.rows(where.cure.partition(",")[0])
    assert warehouse.run(full=True).told == []
    assert warehouse.files() == files
    assert count(asked, "edit") == 2
