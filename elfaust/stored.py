"""What the sinks hold of one schema revision, read back: for audits."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from typing import Any, NamedTuple

import MySQLdb
import pyarrow as pa
from MySQLdb.constants import ER

from elfaust.capsule import in_utc
from elfaust.columns import TIMESTAMP, Column, columns_of
from elfaust.errors import SchemaUnfit, ServerAway
from elfaust.registry import Schema
from elfaust.settings import Mysql
from elfaust.sinks.connection import connect
from elfaust.sinks.ddl import owner, owner_of, quoted, table_name
from elfaust.sinks.parquet_reader import parquet_table
from elfaust.sinks.parquet_types import column_name
from elfaust.sinks.rows import mediawiki_timestamp
from elfaust.storage import Storage

Row = dict[str, Any]
#: MySQL's FLOAT has 24 bits and is shown with six digits.
FLOAT_DIGITS = 1e-5
#: Below it a FLOAT has fewer bits, or is 0.
LEAST_FLOAT = 1.2e-38


def mysql_rows(mysql: Mysql, schema: Schema) -> dict[str, Row]:
    """Return the rows of a schema revision's table by uuid, none where another has that table.

    A schema whose events no table can hold has none; a table's unique index has each uuid once.
    Raises ServerAway when MySQL does not answer.
    """
    try:
        table = table_name(mysql.table, schema.key)
        columns = [column.name for column in _columns(schema)]
    except SchemaUnfit:
        return {}
    names = ", ".join(map(quoted, columns))
    try:
        with closing(connect(mysql)) as connection, connection.cursor() as cursor:
            if owner_of(cursor, table) not in ("", owner(schema.key)):
                return {}
            cursor.execute(f"SELECT {names} FROM {quoted(table)}")
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    except MySQLdb.Error as error:
        if error.args and error.args[0] == ER.NO_SUCH_TABLE:
            return {}
        raise ServerAway(f"MySQL {mysql.host}:{mysql.port}", str(error)) from error
    return {row["uuid"]: row for row in rows}


class Files(NamedTuple):
    """The Parquet files of a schema revision: rows by uuid, how often each uuid is there.

    `unreadable` are the paths of those that are none of ours.
    """

    rows: dict[str, Row]
    times: Counter[str]
    unreadable: list[str]


def parquet_rows(storage: Storage, folder: str) -> Files:
    """Return what the files in a schema revision's folder hold."""
    files = Files({}, Counter(), [])
    for path in storage.walk(folder):
        try:
            found = [(row["uuid"] or "", row) for row in parquet_table(storage, path).to_pylist()]
        except (pa.ArrowException, KeyError, ValueError):
            files.unreadable.append(path)
            continue
        files.rows.update(found)
        files.times.update(uuid for uuid, _ in found)
    # An event without a uuid is in no topic that can be followed.
    files.rows.pop("", None)
    files.times.pop("", None)
    return files


def differences(schema: Schema, in_mysql: Row, in_parquet: Row) -> Iterator[str]:
    """Yield what one event's row and its Parquet row say otherwise, column by column."""
    for column in _columns(schema):
        stored, given = in_mysql[column.name], None
        try:
            given = _value(column, in_parquet)
            same = _same(column, stored, given)
        except (LookupError, TypeError, ValueError, OverflowError, AttributeError):
            # Half a JSON text, no time, a file without the column: whatever it is, it differs.
            same = False
        if not same:
            yield f"{column.name}: MySQL {stored!r:.80}, Parquet {given!r:.80}"


@lru_cache(maxsize=1_024)
def _columns(schema: Schema) -> list[Column]:
    columns = columns_of(schema.key, schema.event, schema.dialect)
    return [column for column in columns if column.name != "id" and column.name != "clientIp"]


def _value(column: Column, row: Row) -> Any:
    """Return what a Parquet row holds at a column's path."""
    first, *rest = column.path
    # MediaWiki's timestamp is made of the event's time.
    value = row["dt" if column.path == ("timestamp",) else first.lower()]
    for index, name in enumerate(rest):
        if isinstance(value, str):
            return _within(column, value, rest[index:])
        if value is None:
            return column.default
        value = value[column_name(name)]
    return value


def _within(column: Column, text: str, path: Sequence[str]) -> Any:
    """Return what stands at a path of JSON text: an object whose schema does not call it one."""
    value = _parsed(text)
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return column.default if value is None else value


def _parsed(value: Any) -> Any:
    """Return the value of JSON text; a string that is none, and anything else, as it is."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _same(column: Column, stored: Any, given: Any) -> bool:
    if given is None or stored is None:
        # A user agent that is no map is in MySQL alone.
        return stored is given or (given is None and column.path == ("userAgent",))
    if column.path == ("dt",):
        return bool(f"{stored:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0") == in_utc(given))
    if column.path == ("timestamp",):
        return bool(stored == "".join(filter(str.isdigit, in_utc(given))))
    if column.sql_type == TIMESTAMP:
        # Of a property that may hold anything Parquet has JSON text.
        return bool(stored in (given, mediawiki_timestamp(_parsed(given))))
    if column.sql_type == "FLOAT":
        return math.isclose(stored, given, rel_tol=FLOAT_DIGITS, abs_tol=LEAST_FLOAT)
    if isinstance(stored, str) and not isinstance(given, str):
        parsed, whole = _without_nulls(json.loads(stored)), _without_nulls(given)
        if column.path == ("userAgent",):
            # Clients may send a map of their own: Parquet has the keys that are ours.
            parsed = {key: of for key, of in parsed.items() if key in given}
        return _is_same_json(parsed, whole) or (
            column.path == ("userAgent",)
            and len(json.dumps(given)) > _length(column)
            and _is_shortened(parsed, whole)
        )
    return bool(stored == given)


def _length(column: Column) -> int:
    return int(column.sql_type.partition("(")[2].rstrip(")") or 0)


def _is_same_json(parsed: Any, given: Any) -> bool:
    """Compare JSON with what Parquet holds, where what the schema leaves open is JSON text."""
    if isinstance(parsed, dict) and isinstance(given, dict):
        return parsed.keys() == given.keys() and all(
            _is_same_json(of, given[key]) for key, of in parsed.items()
        )
    if isinstance(parsed, list) and isinstance(given, list):
        return len(parsed) == len(given) and all(map(_is_same_json, parsed, given))
    if isinstance(given, str) and not isinstance(parsed, str):
        return bool(parsed == _without_nulls(_parsed(given)))
    return bool(parsed == given)


def _is_shortened(short: Any, whole: Any) -> bool:
    """Tell whether JSON is another's, with strings cut and members left out to fit a column."""
    if isinstance(short, str) and isinstance(whole, str):
        return whole.startswith(short)
    if isinstance(short, dict) and isinstance(whole, dict):
        return all(key in whole and _is_shortened(of, whole[key]) for key, of in short.items())
    return bool(short == whole)


def _without_nulls(value: Any) -> Any:
    """Return JSON without keys whose value is null: a struct has all its keys, an object not."""
    if isinstance(value, dict):
        return {key: _without_nulls(of) for key, of in value.items() if of is not None}
    return [_without_nulls(of) for of in value] if isinstance(value, list) else value
