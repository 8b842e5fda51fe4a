"""What comes with a new revision of a schema: for who sends its events, and for who reads them.

Beside what the schemas say (schema_diff.py) there is what becomes of them: events that nobody can
judge or no store can keep, columns of MySQL and types of Parquet that are others or gone.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from elfaust.errors import SchemaUnfit
from elfaust.schema.changes.change import Change, unsure
from elfaust.schema.changes.diff import diff
from elfaust.schema.lint import lint
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import shape_of
from elfaust.settings import Mysql
from elfaust.sinks.mysql.ddl import table_columns
from elfaust.sinks.parquet.types import event_shape

#: Characters of a type of Parquet that a message has room for.
LONGEST_TYPE = 200


def compare(old: Schema, new: Schema, mysql: Mysql) -> list[Change]:
    """Return the changes from one revision to another, in the order of their paths."""
    findings = lint(new, mysql, ())
    changes = [Change(f.path, f.message, True) for f in findings if f.level == "error"]
    if not _is_fit(new):
        return changes
    if not _is_fit(old):
        return [*changes, unsure("$", "nobody could judge by it before")]
    changes += diff(old.event, new.event)
    changes += [*_columns(old, new, mysql.number), *_types(old, new)]
    return sorted(changes, key=lambda change: change.path)


def _is_fit(schema: Schema) -> bool:
    try:
        _ = schema.validator
    except ValueError:
        return False
    return True


def _columns(old: Schema, new: Schema, number: str) -> Iterator[Change]:
    """Find the columns of MySQL that readers have no more, or with values of another type."""
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


def _types(old: Schema, new: Schema) -> Iterator[Change]:
    """Find the types of Parquet, of the event and of what is in it, that are others or gone."""
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
