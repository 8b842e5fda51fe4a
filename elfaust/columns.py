"""The columns of an event: one walk over a schema serves MySQL's tables and rows alike.

EventLogging's rules (jrm.py of 2018): nested keys are joined with `_`, what the schema gives no
properties (arrays, free objects) is JSON text, `timestamp` is MediaWiki's 14 digits, and columns
are ordered by how often `_` stands in their names, then by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from elfaust.errors import SchemaUnfit
from elfaust.types import SchemaKey

#: MySQL's longest name.
MAX_NAME = 64
TYPES = {"boolean": "BOOL", "integer": "BIGINT", "number": "FLOAT"}
STRING, TIMESTAMP = "VARCHAR(1024)", "VARCHAR(14)"


class Leaf(NamedTuple):
    """A property that has no properties: its keys from the capsule on, its schema."""

    path: tuple[str, ...]
    schema: dict[str, Any]


class Column(NamedTuple):
    """One column, and where its value stands in a capsule."""

    name: str
    sql_type: str
    nullable: bool = True
    unique: bool = False
    indexed: bool = False
    path: tuple[str, ...] = ()
    default: Any = None


ID = Column("id", "INTEGER", nullable=False)
CAPSULE = (
    Column("uuid", "CHAR(32)", unique=True, indexed=True, path=("uuid",)),
    Column("dt", "DATETIME", indexed=True, path=("dt",)),
    Column("timestamp", TIMESTAMP, indexed=True, path=("timestamp",)),
    Column("userAgent", STRING, path=("userAgent",)),
    Column("webHost", STRING, path=("webHost",)),
    Column("wiki", STRING, path=("wiki",)),
)


def leaves(schema: dict[str, Any], path: tuple[str, ...] = ("event",)) -> Iterator[Leaf]:
    """Yield the leaves of an object's schema, depth first."""
    for name, of in schema.get("properties", {}).items():
        if of.get("properties"):
            yield from leaves(of, (*path, name))
        else:
            yield Leaf((*path, name), of)


def columns_of(key: SchemaKey, schema: dict[str, Any]) -> list[Column]:
    """Return the columns of a schema revision's table, in their order.

    Raises SchemaUnfit for a name that MySQL cannot have, and for two that it cannot tell apart.
    """
    columns = [ID, *CAPSULE, *(_column(leaf) for leaf in leaves(schema))]
    seen: dict[str, Column] = {}
    for column in columns:
        if len(column.name) > MAX_NAME:
            raise SchemaUnfit(key, f"column {column.name} is longer than {MAX_NAME} characters")
        other = seen.setdefault(column.name.lower(), column)
        if other is not column:
            here, there = ".".join(column.path), ".".join(other.path)
            raise SchemaUnfit(key, f"{there} and {here} would share column {column.name}")
    return sorted(columns, key=_order)


def _order(column: Column) -> tuple[bool, bool, int, str]:
    return column.name != "id", column.name != "uuid", column.name.count("_"), column.name


def _column(leaf: Leaf) -> Column:
    name = "_".join(leaf.path)
    default = leaf.schema.get("default")
    if leaf.path[-1] == "timestamp":
        return Column(name, TIMESTAMP, indexed=True, path=leaf.path, default=default)
    kind = leaf.schema.get("type")
    sql_type = TYPES.get(kind, STRING) if isinstance(kind, str) else STRING
    return Column(name, sql_type, path=leaf.path, default=default)
