"""MySQL without a server: what its sink inserts, what a table takes, and what it would show."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from unittest.mock import patch

from MySQLdb import DataError, OperationalError, _mysql
from MySQLdb.converters import conversions
from MySQLdb.cursors import RE_INSERT_VALUES

from elfaust.errors import SchemaUnfit, SchemaWaits
from elfaust.records import Record, SchemaKey
from elfaust.schema.columns import Column
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.settings import Settings
from elfaust.sinks.base import Rejected
from elfaust.sinks.mysql.ddl import table_columns
from elfaust.sinks.mysql.sink import MysqlSink
from elfaust.testing import write
from tests.fuzz.faults import Broken
from tests.unit.sinks.fakes import ShownTable, table_of

#: MySQL's largest FLOAT.
MAX_FLOAT = 3.4028234e38
Row = Sequence[Any]


class Stored(NamedTuple):
    """What came of the records of a topic: the rows by uuid, and what was refused."""

    columns: list[Column]
    rows: dict[str, Row]
    #: Rows that were there already.
    repeats: int
    refused: list[Rejected]
    schema: Schema | None


def rows_of(
    settings: Settings, registry: Registry, key: SchemaKey, records: Sequence[Record]
) -> Stored:
    """Store records as MysqlSink does; raises what it raises."""
    schema, columns = None, list[Column]()
    try:
        schema = registry.find(key)
        columns = [column for column in table_columns(schema) if column.name != "id"]
        table = table_of(table_columns(schema))
    except (SchemaUnfit, SchemaWaits):
        table = ShownTable([])
    server = Server(columns, table)
    with patch("elfaust.sinks.mysql.sink.connect", lambda _: server):
        refused = write(MysqlSink(settings, registry), key, records)
    return Stored(columns, server.rows, server.repeats, refused, schema)


class Server:
    """A connection and its cursor: one table of some columns that takes what MySQL takes."""

    def __init__(self, columns: list[Column], table: ShownTable) -> None:
        self.rows: dict[str, Row] = {}
        self.repeats = 0
        self._columns = columns
        self._table = table
        self._found: Any = []

    def cursor(self) -> Server:
        """Return itself."""
        return self

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, statement: Any, parameters: tuple[Any, ...] = ()) -> None:
        """Answer a statement that asks."""
        if "max_allowed_packet" in statement:
            self._found = [(16_000_000,)]
        elif statement.startswith("SELECT uuid"):
            self._found = [(uuid,) for uuid in parameters[0] if uuid in self.rows]
        elif statement.startswith("SELECT 1 FROM"):
            self._found = [(1,)] if self.rows else []
        else:
            self._found = self._table.answer(statement)

    def fetchall(self) -> Any:
        """Return the rows of the last answer."""
        return self._found

    def executemany(self, statement: bytes, rows: Sequence[Row]) -> int:
        """Insert rows, all or none; raise what MySQL's driver and MySQL would."""
        self._check(statement)
        for row in rows:
            for column, value in zip(self._columns, row, strict=True):
                _literal(column, value)
            shown(self._columns, row)
        before = len(self.rows)
        for row in rows:
            self.repeats += row[0] in self.rows
            self.rows.setdefault(row[0], row)
        return len(self.rows) - before

    def _check(self, statement: bytes) -> None:
        # As the driver finds the values, to put many into one statement.
        found = RE_INSERT_VALUES.match(statement.decode())
        if found is None or found[2].count("%s") != len(self._columns):
            raise Broken("an INSERT's values are not found", statement.decode())
        _ = found[1].encode() % ()

    def commit(self) -> None:
        """Keep what was inserted."""

    def close(self) -> None:
        """Close nothing."""


def _literal(column: Column, value: Any) -> None:
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, list):
        raise OperationalError(1241, "Operand should contain 1 column(s)")
    elif isinstance(value, dict):
        _refuse(1366, "Incorrect integer value", column)
    else:
        _mysql.escape(value, conversions)


def _refuse(number: int, what: str, column: Column) -> None:
    raise DataError(number, f"{what} for column '{column.name}' at row 1")


def shown(columns: Sequence[Column], row: Row) -> dict[str, Any]:
    """Return a row as MySQL gives it back; raises DataError where MySQL refuses it."""
    return {c.name: _shown(c, value) for c, value in zip(columns, row, strict=True)}


def _shown(column: Column, value: Any) -> Any:
    if value is None:
        if not column.nullable:
            raise OperationalError(1048, f"Column '{column.name}' cannot be null")
        return None
    if column.sql_type == "DATETIME":
        try:
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S")
        except ValueError:
            return _refuse(1292, "Incorrect datetime value", column)
    if column.sql_type in ("FLOAT", "BIGINT", "BOOL"):
        return _number(column, value)
    limit = int(column.sql_type.partition("(")[2].rstrip(")") or 0)
    if len(value) > limit if limit else len(value.encode()) > 65_535:
        _refuse(1406, "Data too long", column)
    return value


def _number(column: Column, value: Any) -> Any:
    if isinstance(value, str):
        return _refuse(1366, "Incorrect value", column)
    if column.sql_type == "FLOAT":
        if abs(value) > MAX_FLOAT:
            _refuse(1264, "Out of range value", column)
        return float(struct.unpack("f", struct.pack("f", value))[0])
    bits = 63 if column.sql_type == "BIGINT" else 7
    if math.isfinite(value) and not -(2**bits) <= value < 2**bits:
        _refuse(1264, "Out of range value", column)
    return int(value)
