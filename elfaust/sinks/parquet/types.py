"""The Arrow type of an event: typed by its schema, never by what a batch happens to hold.

The rules are those of Wikimedia's Hive tables (Refine): objects are structs, integers int64,
numbers double, all nullable, characters that Hive cannot have become `_`. What the schema leaves
open (any, unions, free objects, arrays of anything) is JSON text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pyarrow as pa

from elfaust.errors import SchemaUnfit
from elfaust.json_text import encode
from elfaust.records import SchemaKey
from elfaust.schema.columns import exact_int
from elfaust.schema.shape import Place, shape_of

Cast = Callable[[Any], Any]


class Shape(NamedTuple):
    """How values of a place are stored.

    `cast` makes a value of parsed JSON one of `type`; it raises ValueError or TypeError for one
    that cannot be. `plain` says that Arrow's own JSON reader gives the same, `left_out` is what is
    stored where there is no such key.
    """

    type: pa.DataType
    cast: Cast
    plain: bool = True
    left_out: Any = None


def event_shape(key: SchemaKey, schema: dict[str, Any]) -> Shape:
    """Return the shape of the events of a schema revision.

    Raises SchemaUnfit for two properties that Hive cannot tell apart, for a default that is not of
    its property's type, and for whatever else no column can be made of.
    """
    try:
        shape = _shape(shape_of(schema))
        pa.array([shape.cast({})], shape.type)
    except MemoryError:
        raise
    except Exception as error:
        raise SchemaUnfit(key, f"Parquet: {error}") from error
    return shape


def column_name(name: str) -> str:
    """Return a property's name as Hive can have it."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def _shape(place: Place) -> Shape:
    if place.kind == "object":
        return _struct(place)
    shape = SCALARS.get(place.kind, JSON_TEXT) if place.item is None else _list(_shape(place.item))
    if place.default is None:
        return shape
    return shape._replace(plain=False, left_out=shape.cast(place.default))


def _list(item: Shape) -> Shape:
    def cast(values: Any) -> list[Any] | None:
        if values is None:
            return None
        if not isinstance(values, list):
            raise TypeError(f"{values!r:.80} is no array")
        return [item.cast(value) for value in values]

    return Shape(pa.list_(item.type), cast, item.plain)


def _struct(place: Place) -> Shape:
    columns: dict[str, str] = {}
    members: list[tuple[str, str, Shape]] = []
    for name, of in sorted(place.members.items()):
        column = column_name(name)
        other = columns.setdefault(column.lower(), name)
        if other != name:
            raise ValueError(f"{other} and {name} would share column {column}")
        members.append((column, name, _shape(of)))

    def cast(value: Any) -> dict[str, Any] | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise TypeError(f"{value!r:.80} is no object")
        return {
            column: shape.cast(value[name]) if name in value else shape.left_out
            for column, name, shape in members
        }

    filled = any(shape.left_out is not None for _, _, shape in members)
    return Shape(
        pa.struct([pa.field(column, shape.type) for column, _, shape in members]),
        cast,
        all(shape.plain and column == name for column, name, shape in members),
        cast({}) if filled else None,
    )


def _json_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return encode(value).decode()


def _same(value: Any) -> Any:
    return value


def _double(value: Any) -> Any:
    # Arrow refuses integers that a double cannot hold exactly; JSON has one kind of number.
    number = float(value) if type(value) is int else value
    if type(number) is float and math.isinf(number):
        raise ValueError(f"{value!r:.80} passes a double")
    return number


SCALARS = {
    "string": Shape(pa.string(), _same),
    "integer": Shape(pa.int64(), exact_int),
    "number": Shape(pa.float64(), _double),
    "boolean": Shape(pa.bool_(), _same),
}
JSON_TEXT = Shape(pa.string(), _json_text, plain=False)
