"""MySQL: one uniform batch per table, exact under repeats, a bad row alone refused.

`ON DUPLICATE KEY UPDATE uuid = uuid` forgives a repeated event and nothing else; INSERT IGNORE
would cut values silently. Everything here blocks: call it from a thread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import MySQLdb
import orjson

from elfaust.columns import Column, columns_of
from elfaust.errors import EventFault, SchemaUnfit, SchemaWaits, ServerAway, TableChanged
from elfaust.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.connection import DataFault, about, connect, largest_event
from elfaust.sinks.ddl import create_table, fitting, owner, owner_of, quoted, table_name
from elfaust.sinks.drift import table_drift
from elfaust.sinks.rows import Row, RowMaker, Unfit
from elfaust.types import Record, SchemaKey

STATEMENT_BYTES = 8 * 1024 * 1024
#: How MySQL names a column in an error.
COLUMN = re.compile(r"column (?:'([^']+)'|`[^`]*`\.`[^`]*`\.`([^`]+)`)")
Refusals = list[tuple[Record, EventFault]]


class _Table:
    """A table that exists: how its rows are made and inserted."""

    def __init__(self, name: str, maker: RowMaker) -> None:
        names = ", ".join(quoted(column.name) for column in maker.columns)
        # mysqlclient formats the statement: a percent sign of its own is doubled.
        into = f"{quoted(name)} ({names})".replace("%", "%%")
        values = ", ".join(["%s"] * len(maker.columns))
        self.name = name
        self.maker = maker
        #: Columns that were found as the schema makes them: none can change in a transaction.
        self.intact: set[str] = set()
        self.insert = (
            f"INSERT INTO {into} VALUES ({values}) ON DUPLICATE KEY UPDATE uuid = uuid"
        ).encode()

    def named_by(self, error: Exception) -> Column | None:
        """Return the column that an error is about, None where it names none."""
        if isinstance(error, Unfit):
            return error.column
        named = COLUMN.search(str(error))
        name = named and (named[1] or named[2])
        return next((column for column in self.maker.columns if column.name == name), None)

    def fault(
        self, key: SchemaKey, uuid: str, error: Exception, column: Column | None
    ) -> EventFault:
        """Return the fault of an event whose row cannot be stored."""
        path = "" if column is None else "$" + "".join(f".{part}" for part in column.path)
        hint = "" if column is None else f"Send {path} so that it fits {column.sql_type}."
        message = f"table {self.name}, event {uuid}: {error}"
        return EventFault("consumer", message, *key, path=path, hint=hint)


class MysqlSink:
    """Writes events to the tables of their schema revisions over one connection."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._mysql = settings.mysql
        self._registry = registry
        self._connection: Any = None
        self._largest = 0
        self._tables: dict[SchemaKey, _Table] = {}

    @property
    def _server(self) -> str:
        return f"MySQL {self._mysql.host}:{self._mysql.port}"

    def ping(self) -> None:
        """Raise MySQLdb.Error when the server does not answer."""
        connect(self._mysql).close()

    def write(self, key: SchemaKey, records: Sequence[Record]) -> Refusals:
        """Store events of one schema revision; durable on return, all in one transaction.

        Returns the records that cannot be stored, each with its fault. Raises ServerAway when the
        server could not take them now, a deadlock included, and SchemaWaits when somebody has
        altered or locked the table: nothing is stored then, and the same write may be tried again.
        """
        try:
            if self._connection is None:
                self._connection = connect(self._mysql)
                self._largest = largest_event(self._connection)
            table = self._tables.get(key) or self._create(key)
            table.intact.clear()
            rows, refused = _rows(table, key, records, self._largest)
            stored = self._insert(table, key, rows)
            self._connection.commit()
            return refused + stored
        except SchemaWaits:
            # A table that is gone is created again by the next try. ROLLBACK might fail as well.
            self._tables.pop(key, None)
            self._disconnect()
            raise
        except SchemaUnfit as unfit:
            fault = EventFault("consumer", unfit.detail, *key)
            return [(record, fault) for record in records]
        except MySQLdb.Error as error:
            self._disconnect()
            raise ServerAway(self._server, str(error)) from error

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _create(self, key: SchemaKey) -> _Table:
        schema = self._registry.find(key)
        name = table_name(self._mysql.table, key)
        maker = RowMaker(fitting(columns_of(key, schema.event, schema.dialect)))
        try:
            with about(name), self._connection.cursor() as cursor:
                cursor.execute("SET sql_notes = 0")
                cursor.execute(create_table(name, schema))
                whose = owner_of(cursor, name)
        except DataFault as fault:
            raise SchemaUnfit(key, f"table {name}: {fault}") from fault
        if whose and whose != owner(key):
            raise SchemaUnfit(key, f"table {name} is that of schema {whose}, not of {owner(key)}")
        return self._tables.setdefault(key, _Table(name, maker))

    def _insert(
        self, table: _Table, key: SchemaKey, rows: Sequence[tuple[Record, Row]]
    ) -> Refusals:
        refused: Refusals = []
        step = self._mysql.insert_rows
        for start in range(0, len(rows), step):
            refused += self._insert_or_halve(table, key, rows[start : start + step])
        return refused

    def _insert_or_halve(
        self, table: _Table, key: SchemaKey, rows: Sequence[tuple[Record, Row]]
    ) -> Refusals:
        try:
            self._execute(table, [row for _, row in rows])
            return []
        except DataFault as error:
            if len(rows) == 1:
                [(record, row)] = rows
                column = table.named_by(error)
                self._compare(table, column)
                return [(record, table.fault(key, str(row[0]), error, column))]
        middle = len(rows) // 2
        first = self._insert_or_halve(table, key, rows[:middle])
        return first + self._insert_or_halve(table, key, rows[middle:])

    def _execute(self, table: _Table, rows: Sequence[Row]) -> None:
        with about(table.name), self._connection.cursor() as cursor:
            # mysqlclient splits at 64 kB otherwise.
            cursor.max_stmt_length = min(STATEMENT_BYTES, self._largest)
            # A statement that fails is undone whole by InnoDB; the transaction goes on.
            cursor.executemany(table.insert, rows)

    def _compare(self, table: _Table, column: Column | None) -> None:
        """Raise TableChanged where a value was refused for how somebody has altered the table."""
        name = column.name if column else ""
        if name in table.intact:
            return
        with self._connection.cursor() as cursor:
            found = table_drift(cursor, table.name, table.maker.columns)
        harmful = [d for d in found if d.harmful and name in ("", d.name)]
        if harmful:
            raise TableChanged(table.name, "; ".join(map(str, harmful)))
        table.intact.add(name)


def _rows(
    table: _Table, key: SchemaKey, records: Sequence[Record], largest: int
) -> tuple[list[tuple[Record, Row]], Refusals]:
    rows, refused = [], []
    for record in records:
        try:
            if len(record.value) > largest:
                raise ValueError(f"{len(record.value)} bytes pass half of max_allowed_packet")
            rows.append((record, table.maker.row(record.value)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            column = table.named_by(error)
            refused.append((record, table.fault(key, _uuid(record), error, column)))
    return rows, refused


def _uuid(record: Record) -> str:
    try:
        return str(orjson.loads(record.value)["uuid"])
    except (ValueError, KeyError, TypeError):
        return "without uuid"
