"""What the account and the audit say of Hive, without Hive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from elfaust.audit import hive
from elfaust.audit.account import Account
from elfaust.audit.account_entries import Entry
from elfaust.audit.hive import NotInHive, findings_of, in_hive, rows_in_hive
from elfaust.errors import HiveRefuses
from elfaust.hive.found import Difference
from elfaust.hive.status import Status, TableStatus
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.reading import Stored
from elfaust.sinks.stores import every_store

EDIT, MOVE, NEW = SchemaKey("Edit", 1), SchemaKey("Move", 2), SchemaKey("New", 3)
COMPLETE = Status((TableStatus("edit_1", True, 7, 0),), (), (), ())


class Server:
    """HiveServer2 with tables of some rows; of a table without a number a file is broken."""

    def __init__(self, tables: dict[str, int | None]) -> None:
        self.tables = tables
        self.statements: list[str] = []

    def rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        self.statements.append(sql)
        if sql == "SHOW DATABASES":
            return [("default",), ("event",)] if self.tables else [("default",)]
        if sql.startswith("SHOW TABLES"):
            return [(name,) for name in self.tables]
        named = {name: rows for name, rows in self.tables.items() if f"`{name}`" in sql}
        if None in named.values():
            raise HiveRefuses("HiveServer2", "a file is cut short")
        return list(named.items())


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, int | None]], Server]:
    def with_tables(tables: dict[str, int | None]) -> Server:
        server = Server(tables)

        @contextmanager
        def session(of: object) -> Iterator[Server]:
            yield server

        monkeypatch.setattr(hive, "session", session)
        return server

    return with_tables


def test_rows_are_counted_in_one_statement_and_a_table_that_is_not_there_has_none(
    serve: Callable[[dict[str, int | None]], Server],
) -> None:
    server = serve({"edit_1": 5, "move_2": 3, "somebody's": 9})
    assert rows_in_hive(Settings(), [EDIT, MOVE, NEW]) == {
        EDIT: Stored(5),
        MOVE: Stored(3),
        NEW: Stored(),
    }
    assert len(server.statements) == 3
    assert rows_in_hive(replace(Settings()), []) == {}


def test_without_its_database_all_tables_are_missing(
    serve: Callable[[dict[str, int | None]], Server],
) -> None:
    serve({})
    assert rows_in_hive(Settings(), [EDIT]) == {EDIT: Stored()}


def test_a_table_with_a_broken_file_is_named_and_the_others_are_counted(
    serve: Callable[[dict[str, int | None]], Server],
) -> None:
    serve({"edit_1": None, "move_2": 3})
    assert rows_in_hive(Settings(), [EDIT, MOVE]) == {
        EDIT: Stored(unreadable="a file is cut short"),
        MOVE: Stored(3),
    }


@pytest.mark.parametrize(
    ("in_hive", "problem"),
    [
        (None, []),
        (Stored(2), []),
        (Stored(1), ["Edit_1: Hive rows 1, not 2"]),
        (Stored(3), ["Edit_1: Hive rows 3, not 2"]),
        (
            Stored(unreadable="torn"),
            ["Edit_1: Hive rows 0, not 2", "Edit_1: Hive cannot read it: torn"],
        ),
    ],
)
def test_hive_has_what_parquet_has(in_hive: Stored | None, problem: list[str]) -> None:
    entry = Entry(EDIT, valid=2, counted=2, stored_in={"hdfs": Stored(2)}, in_hive=in_hive)
    stores = every_store(Settings(), ["hdfs"])
    assert Account(2, [entry], stores, has_hive=True).problems == problem


async def test_partitions_are_waited_for_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [2, 1]

    def status(settings: Settings) -> Status:
        missing = left.pop() if left else 0
        return replace(COMPLETE, tables=(TableStatus("edit_1", True, 7, missing),))

    monkeypatch.setattr(hive, "hive_status", status)
    monkeypatch.setattr(hive, "LOOK_SECONDS", 0)
    await in_hive(Settings())
    assert not left
    left += [3] * 10_000
    with pytest.raises(NotInHive, match="3 partitions are not in Hive"):
        await in_hive(Settings(), seconds=0.01)


def test_what_differs_is_a_finding_with_its_cure() -> None:
    told = (Difference("edit_1", "is altered", "DROP TABLE"), Difference("/a/b", "is strange"))
    missing = (TableStatus("edit_1", True, 7, 3),)
    found = list(findings_of(replace(COMPLETE, tables=missing, told=told)))
    assert [(of.kind, of.where, of.detail) for of in found] == [
        ("hive", "edit_1", "is altered -> DROP TABLE"),
        ("hive", "/a/b", "is strange"),
    ]
