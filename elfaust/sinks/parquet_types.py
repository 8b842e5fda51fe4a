"""The Arrow type of an event: typed by its schema, never by what a batch happens to hold.

The rules are those of Wikimedia's Hive tables (Refine): objects are structs, integers int64,
numbers double, all nullable, characters that Hive cannot have become `_`. What the schema leaves
open (any, unions, free objects, arrays of anything) is JSON text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
import pyarrow as pa

from elfaust.columns import default_of, type_of, whole
from elfaust.errors import SchemaUnfit
from elfaust.references import expanded
from elfaust.types import SchemaKey

Cast = Callable[[Any], Any]


class Shape(NamedTuple):
    """How values of a schema are stored.

    `cast` makes a value of parsed JSON one of `type`; it raises ValueError or TypeError for one
    that cannot be. `plain` says that Arrow's own JSON reader gives the same, `filled` that a value
    left out is not null.
    """

    type: pa.DataType
    cast: Cast
    plain: bool = True
    filled: bool = False


def event_shape(key: SchemaKey, schema: dict[str, Any]) -> Shape:
    """Return the shape of the events of a schema revision.

    Raises SchemaUnfit for two properties that Hive cannot tell apart, for a default that is not of
    its property's type, and for whatever else no column can be made of.
    """
    try:
        shape = _shape({**expanded(schema), "type": "object"})
        pa.array([shape.cast({})], shape.type)
    except MemoryError:
        raise
    except Exception as error:
        raise SchemaUnfit(key, f"Parquet: {error}") from error
    return shape


def column_name(name: str) -> str:
    """Return a property's name as Hive can have it."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def _shape(schema: dict[str, Any]) -> Shape:
    kind, items = type_of(schema), schema.get("items")
    properties = schema.get("properties")
    if kind == "object" and properties and isinstance(properties, dict):
        return _struct(properties)
    if kind == "array" and isinstance(items, dict) and "type" in items:
        return _with_default(_list(_shape(items)), schema)
    scalar = JSON_TEXT if kind is None else SCALARS.get(kind, JSON_TEXT)
    return _with_default(scalar, schema)


def _with_default(shape: Shape, schema: dict[str, Any]) -> Shape:
    default = default_of(schema)
    if default is None:
        return shape
    cast = shape.cast
    return Shape(
        shape.type,
        lambda value: cast(default if value is None else value),
        plain=False,
        filled=True,
    )


def _list(item: Shape) -> Shape:
    def cast(values: Any) -> list[Any] | None:
        if values is None:
            return None
        if not isinstance(values, list):
            raise TypeError(f"{values!r:.80} is no array")
        return [item.cast(value) for value in values]

    return Shape(pa.list_(item.type), cast, item.plain)


def _struct(properties: dict[str, Any]) -> Shape:
    columns: dict[str, str] = {}
    members: list[tuple[str, str, Shape]] = []
    for name, of in sorted(properties.items()):
        column = column_name(name)
        other = columns.setdefault(column.lower(), name)
        if other != name:
            raise ValueError(f"{other} and {name} would share column {column}")
        members.append((column, name, _shape(of if isinstance(of, dict) else {})))
    filled = any(shape.filled for _, _, shape in members)

    def cast(value: Any) -> dict[str, Any] | None:
        if value is None:
            if not filled:
                return None
            value = {}
        if not isinstance(value, dict):
            raise TypeError(f"{value!r:.80} is no object")
        return {column: shape.cast(value.get(name)) for column, name, shape in members}

    return Shape(
        pa.struct([pa.field(column, shape.type) for column, _, shape in members]),
        cast,
        all(shape.plain and column == name for column, name, shape in members),
        filled,
    )


def _json_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _same(value: Any) -> Any:
    return value


def _double(value: Any) -> Any:
    # Arrow refuses integers that a double cannot hold exactly; JSON has one kind of number.
    return float(value) if type(value) is int else value


SCALARS = {
    "string": Shape(pa.string(), _same),
    "integer": Shape(pa.int64(), whole),
    "number": Shape(pa.float64(), _double),
    "boolean": Shape(pa.bool_(), _same),
}
JSON_TEXT = Shape(pa.string(), _json_text, plain=False)
