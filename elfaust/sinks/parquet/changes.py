"""What readers of Parquet had by one schema revision, and have by another no more."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from elfaust.errors import SchemaUnfit
from elfaust.schema.changes.change import Change, unsure
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import shape_of
from elfaust.sinks.parquet.types import event_shape

#: Characters of a type that a message has room for.
LONGEST_TYPE = 200


def changes(old: Schema, new: Schema) -> Iterator[Change]:
    """Yield the types, of the event and of what is in it, that are gone or are others."""
    try:
        was, now = (event_shape(schema.key, schema.event).type for schema in (old, new))
    except SchemaUnfit:
        return
    yield from _type("event", was, now)
    if shape_of(old.event).passes_unnamed and not shape_of(new.event).passes_unnamed:
        yield Change("$.event", "Parquet's column event_unnamed is gone", breaking=True)


def _type(name: str, was: pa.DataType, now: pa.DataType) -> Iterator[Change]:
    if pa.types.is_struct(was) and pa.types.is_struct(now):
        for field in was:
            index = now.get_field_index(field.name)
            if index < 0:
                message = f"Parquet's {name}.{field.name} is gone"
                yield Change(f"$.{name}.{field.name}", message, breaking=True)
            else:
                yield from _type(f"{name}.{field.name}", field.type, now.field(index).type)
    elif pa.types.is_list(was) and pa.types.is_list(now):
        yield from _type(f"{name}[]", was.value_type, now.value_type)
    elif was != now:
        yield unsure(f"$.{name}", f"Parquet's {name} {_shown(was)}, now {_shown(now)}")


def _shown(kind: pa.DataType) -> str:
    text = str(kind)
    return text if len(text) <= LONGEST_TYPE else f"{text[:LONGEST_TYPE]}..."
