"""What the columns of a table cannot hold of an event: refused by the judge, with its place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import orjson

from elfaust.errors import EventFault
from elfaust.events.storable import EventLimits, Limit, unstorable
from elfaust.json_text import encode
from elfaust.names import table_name
from elfaust.schema.columns import Column
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Mysql
from elfaust.sinks.mysql.ddl import table_columns
from elfaust.sinks.mysql.rows import DIGITS, mediawiki_timestamp
from elfaust.sinks.mysql.table_limits import MAX_FLOAT, TEXT_BYTES


def event_limits(schema: Schema, mysql: Mysql) -> EventLimits:
    """Return what a table cannot hold of a schema revision's events, by place.

    Raises SchemaUnfit where there can be no such table.
    """
    table_name(mysql.table, schema.key)
    columns = table_columns(schema, mysql.number)
    return {
        column.path: limit
        for column in columns
        if column.path[:1] == ("event",) and (limit := _limit(column))
    }


def _limit(column: Column) -> Limit | None:
    """Return what a column cannot hold, None where that is what no store can."""
    is_timestamp = column.path[-1] == "timestamp"
    length = length_of(column.sql_type)
    if column.nullable and not (is_timestamp or length or column.sql_type == "FLOAT"):
        return None

    def faults(value: Any, at: str) -> Iterator[EventFault]:
        if value is None:
            if not column.nullable:
                yield unstorable("null", at, "MySQL's column takes no NULL", "a value")
        elif is_timestamp:
            yield from _timestamp(value, at)
        elif column.sql_type == "FLOAT":
            if not -MAX_FLOAT <= value <= MAX_FLOAT:
                yield unstorable(value, at, "passes a FLOAT", f"a number up to {MAX_FLOAT}")
        elif length:
            yield from _text(value, at, column.sql_type == "TEXT", length)

    longer_than = 0 if is_timestamp or not column.nullable else length or math.inf
    return Limit(faults, longer_than)


def length_of(sql_type: str) -> int:
    """Return how long a text may be: bytes of TEXT, characters of VARCHAR; 0 for other columns."""
    if sql_type == "TEXT":
        return TEXT_BYTES
    return int(sql_type.partition("(")[2].rstrip(")") or 0)


def _text(value: Any, at: str, in_bytes: bool, length: int) -> Iterator[EventFault]:
    text = value if isinstance(value, str) else _as_stored(value)
    size, unit = (len(text.encode()), "bytes") if in_bytes else (len(text), "characters")
    if size > length:
        message = f"{at}: {size} {unit} are more than {length}"
        hint = f"Send {at} with {length} {unit} or less."
        yield EventFault("consumer", message, path=at, hint=hint)


def _as_stored(value: Any) -> str:
    """Return JSON text as a sink writes it: numbers past 64 bits, of an array, as floats."""
    return orjson.dumps(orjson.loads(encode(value))).decode()


def _timestamp(value: Any, at: str) -> Iterator[EventFault]:
    # Written exactly: of what it takes the column holds the JSON text, and that has a length.
    given = encode(value).decode() if isinstance(value, dict | list) else value
    try:
        mediawiki_timestamp(given)
    except ValueError as error:
        yield unstorable(value, at, str(error), f"{DIGITS} digits, as 20200913122640")
