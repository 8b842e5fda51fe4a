"""MySQL without a server: the rows that its sink would insert, and what the table would show."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import MySQLdb
from MySQLdb import _mysql
from MySQLdb.converters import conversions
from MySQLdb.cursors import RE_INSERT_VALUES

from elfaust.columns import Column, columns_of
from elfaust.errors import EventFault
from elfaust.registry import Registry, Schema
from elfaust.settings import Settings
from elfaust.sinks.ddl import create_table, fitting, table_name
from elfaust.sinks.mysql import _rows, _Table
from elfaust.sinks.rows import RowMaker
from elfaust.types import Record, SchemaKey
from tests.fuzz.faults import Broken

#: MySQL's largest FLOAT.
MAX_FLOAT = 3.4028234e38


class Stored(NamedTuple):
    """The rows of some records, by the columns of `table`, and what was refused."""

    table: _Table | None
    rows: list[tuple[Record, list[Any]]]
    refused: list[tuple[Record, EventFault]]
    schema: Schema | None = None

    @property
    def columns(self) -> list[Column]:
        """The columns of the rows."""
        return [] if self.table is None else self.table.maker.columns

    def check(self, row: list[Any]) -> None:
        """Raise what a row, or its statement, would raise on its way to MySQL."""
        assert self.table is not None
        if len(row) != len(self.columns):
            raise Broken("a row has not as many values as columns")
        statement = RE_INSERT_VALUES.match(self.table.insert.decode())
        if statement is None or statement[2].count("%s") != len(row):
            raise Broken("an INSERT's values are not found", self.table.insert.decode())
        _ = statement[1].encode() % ()
        for column, value in zip(self.columns, row, strict=True):
            if not isinstance(value, str | int | float | None):
                raise Broken("a value of a row is no scalar", f"{column.name} {value!r:.100}")
            if isinstance(value, float) and not math.isfinite(value):
                raise Broken("a value of a row is not finite", f"{column.name} {value!r}")
            try:
                _ = value.encode() if isinstance(value, str) else _mysql.escape(value, conversions)
            except (ValueError, TypeError, MySQLdb.Error) as error:
                raise Broken("a value has no literal", f"{column.name} {error!r:.200}") from error


def rows_of(
    settings: Settings, registry: Registry, key: SchemaKey, records: Sequence[Record]
) -> Stored:
    """Make rows as MysqlSink does; raises SchemaUnfit and SchemaWaits as it does."""
    schema = registry.find(key)
    name = table_name(settings.mysql.table, key)
    maker = RowMaker(fitting(columns_of(key, schema.event, schema.dialect)))
    create_table(name, schema).encode()
    table = _Table(name, maker)
    rows, refused = _rows(table, key, records, 8_000_000)
    return Stored(table, rows, refused, schema)


def shown(columns: Sequence[Column], row: Sequence[Any]) -> dict[str, Any] | None:
    """Return a row as MySQL gives it back, None where MySQL refuses it."""
    held: dict[str, Any] = {}
    for column, value in zip(columns, row, strict=True):
        if value is None:
            if not column.nullable:
                return None
            held[column.name] = None
        elif column.sql_type == "DATETIME":
            held[column.name] = _datetime(value)
        elif column.sql_type == "FLOAT":
            if abs(value) > MAX_FLOAT:
                return None
            held[column.name] = float(f"{struct.unpack('f', struct.pack('f', value))[0]:.6g}")
        elif column.sql_type in ("BIGINT", "BOOL"):
            if not -(2**63) <= value < 2**63 or (column.sql_type == "BOOL" and abs(value) > 127):
                return None
            held[column.name] = int(value)
        else:
            held[column.name] = value
    return held


def _datetime(value: str) -> datetime:
    try:
        moment = datetime.strptime(value, "%Y-%m-%dT%H:%M:%S")
    except ValueError as error:
        raise Broken("a row's dt is no time of MySQL", value) from error
    return moment
