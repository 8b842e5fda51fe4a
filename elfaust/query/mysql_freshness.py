"""How new what MySQL's tables hold is, by the index that each has of its times."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from typing import Any

import MySQLdb

from elfaust.errors import SchemaUnfit, ServerAway
from elfaust.names import table_name
from elfaust.query.freshness import FEW_HOURS, MANY_HOURS, Freshness, as_text
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect, server_name
from elfaust.sinks.mysql.ddl import quoted
from elfaust.times import fourteen_digits, is_time

#: Above it the rows of a table are what the server estimates: counting reads all of an index.
COUNTED_ROWS = 1_000_000
TABLES = (
    "SELECT table_name, table_rows, update_time FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
)
#: `timestamp` has an index in the tables of every year, as MediaWiki's 14 digits.
TIMES = "SELECT MIN(`timestamp`), MAX(`timestamp`) FROM {table}"
SINCE = "SELECT COUNT(*) FROM {table} WHERE `timestamp` >= %s"


def mysql_freshness(
    settings: Settings, keys: Iterable[SchemaKey], clock: Callable[[], float] = time.time
) -> list[Freshness]:
    """Return the freshness of those tables of schema revisions that there are.

    Raises ServerAway where MySQL does not answer.
    """
    try:
        with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
            cursor.execute(TABLES)
            there = {name: (rows, updated) for name, rows, updated in cursor.fetchall()}
            named = ((key, _name(settings, key)) for key in sorted(set(keys)))
            return [
                _one(cursor, key, name, *there[name], clock())
                for key, name in named
                if name in there
            ]
    except MySQLdb.OperationalError as error:
        raise ServerAway(server_name(settings.mysql), str(error.args[-1])) from error


def _name(settings: Settings, key: SchemaKey) -> str:
    try:
        return table_name(settings.mysql.table, key)
    except SchemaUnfit:
        return ""


def _one(
    cursor: Any, key: SchemaKey, name: str, rows: int, updated: datetime | None, now: float
) -> Freshness:
    table = quoted(name).replace("%", "%%")
    try:
        if rows <= COUNTED_ROWS:
            cursor.execute(f"SELECT COUNT(*) FROM {table}")
            [(rows,)] = cursor.fetchall()
        cursor.execute(TIMES.format(table=table))
        [(first, last)] = cursor.fetchall()
        since = [_since(cursor, table, now, hours) for hours in (FEW_HOURS, MANY_HOURS)]
    except MySQLdb.Error as error:
        if isinstance(error, MySQLdb.OperationalError) and error.args[0] >= 2_000:
            raise
        # A table that somebody has altered, or that this user may not read.
        first, last, since, rows = "", "", [-1, -1], -1
    written = updated.strftime("%Y-%m-%dT%H:%M:%SZ") if updated else ""
    return Freshness("mysql", name, *key, rows, _moment(first), _moment(last), "", written, *since)


def _since(cursor: Any, table: str, now: float, hours: int) -> int:
    begin = now - now % 3_600 - (hours - 1) * 3_600
    cursor.execute(SINCE.format(table=table), (fourteen_digits(begin),))
    [(rows,)] = cursor.fetchall()
    return int(rows)


def _moment(digits: str | None) -> str:
    """Return MediaWiki's 14 digits as ISO 8601, "" for what is no time."""
    if not digits or len(digits) != 14 or not digits.isdecimal():
        return ""
    year, rest = digits[:4], [digits[at : at + 2] for at in range(4, 14, 2)]
    text = f"{year}-{rest[0]}-{rest[1]}T{rest[2]}:{rest[3]}:{rest[4]}Z"
    return text if is_time(text) else ""


__all__ = ["as_text", "mysql_freshness"]
