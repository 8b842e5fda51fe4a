"""What MySQL makes of a schema that will hurt: no table, no column, another value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from elfaust.errors import SchemaUnfit
from elfaust.names import table_name
from elfaust.records import SchemaKey
from elfaust.schema.lint import Diagnostic
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import Place, shape_of
from elfaust.schema.tree import ITEMS, properties, types_of
from elfaust.settings import Mysql
from elfaust.sinks.mysql.ddl import table_columns
from elfaust.sinks.mysql.rows import DIGITS

#: What becomes of a number, by `mysql.number`.
ROUNDED = {
    "FLOAT": "Send integers of more than 7 digits as an integer, or have mysql.number = DOUBLE:"
    " a FLOAT makes 1599999967232 of 1600000000123.",
    "DOUBLE": "Send integers of more than 15 digits as an integer: a DOUBLE, as Parquet's double,"
    " makes 9007199254740992 of 9007199254740993.",
}


def lint(schema: Schema, mysql: Mysql, others: Iterable[SchemaKey]) -> Iterator[Diagnostic]:
    """Yield what will hurt in a schema revision; `others` are those that exist beside it."""
    yield from _names(schema.key, mysql.table, others)
    try:
        columns = table_columns(schema, mysql.number)
        if any(column.sql_type == "TEXT" for column in columns):
            message = f"{len(columns)} columns pass MySQL's 65,535 bytes a row: strings are TEXT."
            yield Diagnostic("note", "$", message)
    except SchemaUnfit as unfit:
        yield Diagnostic("error", "$", f"Change a property, it can have no table: {unfit.detail}.")
    shape = shape_of(schema.event)
    for place in shape.places():
        yield from _place(place, mysql.number)
    for part in properties(schema.event):
        if types_of(part.schema) - {"null"} == {"array"} and ITEMS not in part.path:
            message = (
                "MySQL keeps an array as JSON text: send its items as events if SQL reads them."
            )
            yield Diagnostic("warning", part.name, message)


def _names(key: SchemaKey, table: str, others: Iterable[SchemaKey]) -> Iterator[Diagnostic]:
    try:
        name = table_name(table, key)
    except SchemaUnfit as unfit:
        yield Diagnostic("error", "$", f"Choose another name: {unfit.detail}.")
        return
    for other in others:
        # A name of another length makes a table name of another length, and one that differs in
        # case alone has a table of its own.
        if len(other.schema) != len(key.schema) or other.schema.lower() == key.schema.lower():
            continue
        if table_name(table, other).lower() == name.lower():
            message = f"Choose another name: {other.schema} has the table {name} already."
            yield Diagnostic("error", "$", message)


def _place(place: Place, number: str) -> Iterator[Diagnostic]:
    """Yield what of a place has no column, or is rounded or refused by its column."""
    if place.kind == "mixed":
        message = "Give it the type object alone: what is none is in no column of MySQL's."
        yield Diagnostic("warning", place.name, message)
    elif place.is_open:
        message = (
            "Name all keys in `properties`, or close it (`additionalProperties`: false): what"
            " it does not name is in Parquet's event_unnamed and in no column of MySQL's."
        )
        # Objects are open unless they say otherwise; that this one says so is meant.
        yield Diagnostic("warning" if len(place.path) == 1 else "note", place.name, message)
    elif place.kind == "number" and ITEMS not in place.path:
        yield Diagnostic("note", place.name, ROUNDED[number])
    is_column = not place.members and ITEMS not in place.path
    if is_column and place.path[-1] == "timestamp" and _may_be_longer(place.schema, DIGITS):
        message = (
            f"Give it another name, as dt, or maxLength {DIGITS}: its column has {DIGITS}"
            " characters, and an event with a longer text, as 2026-01-31T00:00:00Z, is refused."
        )
        yield Diagnostic("warning", place.name, message)


def _may_be_longer(schema: dict[str, Any], length: int) -> bool:
    """Tell whether a text of more than so many characters may pass a schema, JSON text too."""
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(values, list):
        return any(isinstance(of, str) and len(of) > length for of in values)
    types = types_of(schema)
    if types & {"any", "object", "array"}:
        return True
    most = schema.get("maxLength")
    return "string" in types and not (isinstance(most, int | float) and most <= length)
