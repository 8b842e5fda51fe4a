"""Tables and views on the real metastore: made, kept, restored, and never forced."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from elfaust.commands import main
from elfaust.hive.server import Session, session
from elfaust.hive.status import status_of
from elfaust.hive.tables import Table, table_of
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
