"""The columns of a schema revision, as MySQL and as Hive have them, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa

from elfaust.errors import SchemaUnfit
from elfaust.hive.comments import CAPSULE, PARTITIONS
from elfaust.hive.merge import EVENT_TIME, PARTITION_COLUMNS
from elfaust.hive.tables import Table
from elfaust.hive.types import hive_type
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import shape_of
from elfaust.sinks.mysql.ddl import table_columns
from elfaust.sinks.parquet.types import column_name

#: What only MySQL has, or only the view.
WORDS = {
    "id": "Number of the row; it is in MySQL alone",
    "timestamp": "dt as MediaWiki's 14 digits; it is in MySQL alone",
    EVENT_TIME.name: CAPSULE.get(EVENT_TIME.name, "") + "; it is in the view alone",
}


class Pair(NamedTuple):
    """One value of an event: its name and type in MySQL and in Hive, "" where that has none."""

    mysql: str
    mysql_type: str
    hive: str
    hive_type: str
    description: str


def side_by_side(schema: Schema, table: Table, number: str = "FLOAT") -> list[Pair]:
    """Return the columns of a schema revision, in Hive's order, then those of MySQL alone.

    `number` is the setting `mysql.number`; a schema without a table in MySQL has none of its names.
    """
    try:
        columns = {_in_hive(of.path or (of.name,)): of for of in table_columns(schema, number)}
    except SchemaUnfit:
        columns = {}
    words = _words(schema)
    pairs = []
    fields = [*_leaves(table.files, ()), ((EVENT_TIME.name,), EVENT_TIME.type)]
    for path, kind in [*fields, *(((of.name,), of.type) for of in PARTITION_COLUMNS)]:
        column = columns.pop(path, None)
        names = (column.name, column.sql_type) if column else ("", "")
        shown = "struct" if pa.types.is_struct(kind) else hive_type(kind)
        pairs.append(Pair(*names, ".".join(path), shown, words.get(path, "")))
    for path, column in columns.items():
        pairs.append(Pair(column.name, column.sql_type, "", "", words.get(path, "")))
    return pairs


def _in_hive(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(column_name(name).lower() for name in path)


def _leaves(
    fields: pa.Schema | pa.StructType, above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], pa.DataType]]:
    """Yield the columns, and of structs their fields at each depth."""
    for of in fields:
        path = (*above, of.name.lower())
        if not pa.types.is_struct(of.type):
            yield path, of.type
            continue
        if path == ("useragent",):
            # It is one column in MySQL.
            yield path, of.type
        yield from _leaves(of.type, path)


def _words(schema: Schema) -> dict[tuple[str, ...], str]:
    """Return what is said of columns and fields."""
    found: dict[tuple[str, ...], str] = {
        (name,): text for name, text in {**CAPSULE, **PARTITIONS, **WORDS}.items()
    }
    for place in shape_of(schema.event).places():
        said = place.schema.get("description")
        if isinstance(said, str) and len(place.path) > 1:
            found[_in_hive(place.path)] = " ".join(said.split())
    return found
