"""The columns of an event, of the shape of its schema.

EventLogging's rules (jrm.py): nested keys are joined with `_`, what the schema gives no
properties (arrays, free objects) is JSON text, `timestamp` is MediaWiki's 14 digits, and columns
are ordered by how often `_` stands in their names, then by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from elfaust.errors import SchemaUnfit
from elfaust.names import mysql_name_fault, readable_name
from elfaust.records import SchemaKey
from elfaust.schema.dialect import LATEST, Dialect
from elfaust.schema.shape import Place, shape_of, type_of

TYPES = {"boolean": "BOOL", "integer": "BIGINT"}
#: What a number's column may be (`mysql.number`).
NUMBERS = ("FLOAT", "DOUBLE")
TIMESTAMP = "VARCHAR(14)"


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
#: Columns of the capsule that are not simply strings of the dialect's length.
CAPSULE_COLUMNS = {
    "uuid": Column("uuid", "CHAR(32)", unique=True, indexed=True, path=("uuid",)),
    "dt": Column("dt", "DATETIME", indexed=True, path=("dt",)),
    "timestamp": Column("timestamp", TIMESTAMP, indexed=True, path=("timestamp",)),
}


def columns_of(
    key: SchemaKey, schema: dict[str, Any], dialect: Dialect = LATEST, number: str = "FLOAT"
) -> list[Column]:
    """Return the columns of a schema revision's table, in their order.

    `number` is the type of a number's column, FLOAT or DOUBLE.

    Raises SchemaUnfit for a name that MySQL cannot have, and for two that it cannot tell apart.
    """
    text = string_type(dialect)
    capsule = [
        CAPSULE_COLUMNS.get(name, Column(name, text, path=(name,)))._replace(
            nullable=not dialect.properties.get(name, {}).get("required")
            or not dialect.required_not_null
        )
        for name in dialect.columns
    ]
    columns = [*capsule, *(_column(leaf, dialect, number) for leaf in shape_of(schema).leaves())]
    if dialect.has_id:
        columns.append(ID)
    _check_names(key, columns)
    return sorted(columns, key=_order)


def string_type(dialect: Dialect) -> str:
    """Return the type of a string's column."""
    return f"VARCHAR({dialect.string_length})"


def _check_names(key: SchemaKey, columns: Sequence[Column]) -> None:
    seen: dict[str, Column] = {}
    for column in columns:
        if fault := mysql_name_fault(column.name):
            raise SchemaUnfit(key, f"column {readable_name(column.name)} {fault}")
        other = seen.setdefault(folded(column.name), column)
        if other is not column:
            here, there = ".".join(column.path), ".".join(other.path)
            raise SchemaUnfit(key, f"{there} and {here} would share column {column.name}")


def folded(name: str) -> str:
    """Return what two names have in common that MySQL cannot tell apart.

    It lowers each character by itself: the Kelvin sign is a k, a dotted capital I an i.
    """
    return "".join(char.lower()[0] for char in name)


def _order(column: Column) -> tuple[bool, bool, int, str]:
    return column.name != "id", column.name != "uuid", column.name.count("_"), column.name


def _column(leaf: Place, dialect: Dialect, number: str) -> Column:
    kind = type_of(leaf.schema)
    nullable = not (leaf.required and dialect.required_not_null)
    timestamp = leaf.path[-1] == "timestamp"
    text = TIMESTAMP if timestamp else string_type(dialect)
    types = {**TYPES, "number": number}
    sql_type = text if timestamp or kind is None else types.get(kind, text)
    default = leaf.default
    given = leaf.schema.get("default")
    if kind == "integer" and type(given) is float and abs(given) >= 2**63:
        # An integer past 64 bits, as orjson reads it: the table is refused for it.
        default = given
    return Column(
        "_".join(leaf.path),
        sql_type,
        nullable=nullable,
        indexed=timestamp,
        path=leaf.path,
        default=default,
    )


def exact_int(value: Any) -> Any:
    """Return an integer, a boolean or None as it is, and a float that may be one.

    Raises ValueError for anything else, and for an integer past 64 bits, of which orjson has made a
    float: the nearest one may fit.
    """
    if type(value) is int or value is None:
        return value
    if not isinstance(value, int | float):
        raise ValueError(f"{value!r:.80} is no number")
    if type(value) is float and abs(value) >= 2**63:
        raise ValueError(f"{value:.0f} passes 64 bits")
    return value
