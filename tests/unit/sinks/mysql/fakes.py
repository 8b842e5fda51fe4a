"""A connection to MySQL without a server, and a sink on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import MySQLdb
import pytest
from MySQLdb.constants import CR

from elfaust.records import SchemaKey
from elfaust.schema.columns import columns_of
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql import sink as mysql
from elfaust.sinks.mysql.sink import MysqlSink
from elfaust.testing import make_record
from tests.unit.sinks.fakes import ShownTable, table_of

KEY = SchemaKey("AutoblockIpBlock", 19098752)
GONE = MySQLdb.OperationalError(CR.SERVER_GONE_ERROR, "MySQL server has gone away")
RECORDS = [
    make_record(
        b'{"event":{"blockId":%d,"ip":"::1"},"uuid":"%032x","dt":"2020-09-13T12:26:40Z"}' % (n, n),
        n,
        0,
    )
    for n in range(8)
]


class FakeConnection:
    """Keeps the rows of what was committed; raises what `refuses` gives for a batch."""

    def __init__(self, refuses: Any, table: ShownTable) -> None:
        self.refuses = refuses
        self.table = table
        self.pending: list[Any] = []
        self.committed: list[Any] = []
        self.statements: list[Any] = []
        #: Uuids that rows take with them where they are lost.
        self.swallows: set[str] = set()
        self._found: Any = []

    def thread_id(self) -> int:
        return 1

    def cursor(self) -> FakeConnection:
        return self

    def __enter__(self) -> FakeConnection:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def execute(self, statement: Any, parameters: tuple[Any, ...] = ()) -> None:
        self.statements.append(statement)
        if "max_allowed_packet" in statement:
            self._found = [(16_000_000,)]
        elif statement.startswith("SELECT uuid"):
            there = {row[0] for row in self.committed + self.pending}
            self._found = [(uuid,) for uuid in parameters[0] if uuid in there]
        elif statement.startswith("SELECT 1 FROM"):
            self._found = [(1,)] if self.committed + self.pending else []
        else:
            self._found = self.table.answer(statement)

    def fetchall(self) -> Any:
        return self._found

    def executemany(self, statement: bytes, rows: list[Any]) -> int:
        self.statements.append(statement)
        error = self.refuses(rows)
        if error is not None:
            raise error
        there = {row[0] for row in self.committed + self.pending} | self.swallows
        new = [row for row in rows if row[0] not in there]
        self.pending += new
        return len(new)

    def commit(self) -> None:
        self.committed += self.pending
        self.pending = []

    def close(self) -> None:
        self.pending = []


def sink_on(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    refuses: Any,
    **types: str,
) -> tuple[MysqlSink, FakeConnection]:
    columns = columns_of(KEY, Registry(settings.schemas).find(KEY).event)
    connection = FakeConnection(refuses, table_of(columns, **types))
    monkeypatch.setattr(mysql, "connect", lambda _: connection)
    return MysqlSink(settings, Registry(settings.schemas)), connection


def altered(connection: FakeConnection, **given: Any) -> None:
    connection.table = replace(connection.table, **given)


def lookups(connection: FakeConnection) -> int:
    return sum(str(statement).startswith("SELECT uuid") for statement in connection.statements)
