"""What readers of a table had by one schema revision, and have by another no more."""

from __future__ import annotations

from collections.abc import Iterator

from elfaust.errors import SchemaUnfit
from elfaust.schema.changes.change import Change, unsure
from elfaust.schema.lookup.registry import Schema
from elfaust.sinks.mysql.ddl import table_columns


def changes(old: Schema, new: Schema, number: str) -> Iterator[Change]:
    """Yield the columns that are gone, and those whose values are of another type.

    `number` is the setting `mysql.number`.
    """
    try:
        was, now = (
            {column.name: column for column in table_columns(schema, number)}
            for schema in (old, new)
        )
    except SchemaUnfit:
        return
    for name, column in was.items():
        path = "$." + ".".join(column.path)
        if name not in now:
            yield Change(path, f"MySQL's column {name} is gone", breaking=True)
        elif _kind(column.sql_type) != _kind(now[name].sql_type):
            types = f"{column.sql_type}, now {now[name].sql_type}"
            yield unsure(path, f"MySQL's column {name} {types}")


def _kind(sql_type: str) -> str:
    """Return a type as readers see it: a string is TEXT where a row would be too long."""
    return "TEXT" if sql_type.startswith("VARCHAR") else sql_type
