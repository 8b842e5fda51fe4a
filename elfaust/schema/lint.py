"""What will hurt the people who send events of a schema or read them, before it is published."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from elfaust.errors import SchemaUnfit
from elfaust.hints import step
from elfaust.names import table_name
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import Place, default_of, shape_of
from elfaust.schema.tree import ITEMS, Property, properties, types_of
from elfaust.schema.validation.patterns import MAX_BACKTRACKS, backtracks, patterns_of
from elfaust.schema.validation.recursion import multiplying
from elfaust.schema.validation.references import unnamed
from elfaust.schema.validation.steps import MAX_STEPS
from elfaust.settings import Mysql
from elfaust.sinks.mysql.ddl import table_columns
from elfaust.sinks.mysql.rows import DIGITS
from elfaust.sinks.parquet.folder_owners import folder_name
from elfaust.sinks.parquet.types import event_shape

#: Words of MySQL and Hive that need quotes as a name.
RESERVED = frozenset(
    """
    add all alter and array as asc authorization between bigint binary boolean both by case cast
    change char check column condition conf constraint create cross cube current current_date
    current_timestamp cursor database date day decimal default delete desc describe distinct div
    double drop else end exists explain extended external extract false fetch float floor
    following for foreign from full function grant group grouping having hour if import in index
    inner insert int integer intersect interval into is join key keys lateral left less like limit
    local lock macro map match minute month more natural none not null numeric of on only option
    or order out outer over partialscan partition percent preceding precision preserve primary
    procedure range read reads reduce references regexp rename replace revoke right rlike rollup
    row rows schema second select set show smallint start sync table tablesample then time
    timestamp to transform trigger true truncate unbounded union unique uniquejoin update usage
    use user using utc_tmestamp values varchar views when where while window with year
    """.split()  # noqa: SIM905
)
#: What becomes of a number, by `mysql.number`.
ROUNDED = {
    "FLOAT": "Send integers of more than 7 digits as an integer, or have mysql.number = DOUBLE:"
    " a FLOAT makes 1599999967232 of 1600000000123.",
    "DOUBLE": "Send integers of more than 15 digits as an integer: a DOUBLE, as Parquet's double,"
    " makes 9007199254740992 of 9007199254740993.",
}
TYPES = frozenset(["any", "array", "boolean", "integer", "null", "number", "object", "string"])


class Finding(NamedTuple):
    """What was found: `error` (events will be refused), `warning` or `note`, where, what to do."""

    level: str
    path: str
    message: str


def lint(schema: Schema, mysql: Mysql, others: Iterable[SchemaKey]) -> list[Finding]:
    """Return what will hurt in a schema revision; `others` are those that exist beside it."""
    try:
        _ = schema.validator
    except ValueError as error:
        return [Finding("error", "$", f"Nobody can judge by this schema: {error}.")]
    found = [*_names(schema, mysql.table, others), *_shapes(schema, mysql), *_judging(schema)]
    found += _kept(schema, mysql)
    if not schema.event.get("description"):
        found.append(Finding("note", "$", "Say in `description` what the events are about."))
    for part in properties(schema.event):
        found += _property(part)
    return found


def _names(schema: Schema, table_format: str, others: Iterable[SchemaKey]) -> Iterator[Finding]:
    try:
        table = table_name(table_format, schema.key)
    except SchemaUnfit as unfit:
        yield Finding("error", "$", f"Choose another name: {unfit.detail}.")
        return
    for other in others:
        if other == schema.key or len(other.schema) != len(schema.key.schema):
            continue
        if folder_name(other) == folder_name(schema.key):
            message = f"Choose another name: {other.schema} has the Parquet folder of it already."
            yield Finding("error", "$", message)
        elif table_name(table_format, other).lower() == table.lower():
            message = f"Choose another name: {other.schema} has the table {table} already."
            yield Finding("error", "$", message)


def _shapes(schema: Schema, mysql: Mysql) -> Iterator[Finding]:
    try:
        columns = table_columns(schema, mysql.number)
        if any(column.sql_type == "TEXT" for column in columns):
            message = f"{len(columns)} columns pass MySQL's 65,535 bytes a row: strings are TEXT."
            yield Finding("note", "$", message)
    except SchemaUnfit as unfit:
        yield Finding("error", "$", f"Change a property, it can have no table: {unfit.detail}.")
    try:
        event_shape(schema.key, schema.event)
    except SchemaUnfit as unfit:
        yield Finding("error", "$", f"Change a property: {unfit.detail}.")


def _kept(schema: Schema, mysql: Mysql) -> Iterator[Finding]:
    """Find what the stores keep otherwise than it was sent, or in one of them alone."""
    shape = shape_of(schema.event)
    for place in shape.places():
        path = _path(place)
        if place.kind == "mixed":
            message = "Give it the type object alone: what is none is in no column of MySQL's."
            yield Finding("warning", path, message)
        elif place.is_open:
            message = (
                "Name all keys in `properties`, or close it (`additionalProperties`: false): what"
                " it does not name is in Parquet's event_unnamed and in no column of MySQL's."
            )
            # Objects are open unless they say otherwise; that this one says so is meant.
            yield Finding("warning" if place is shape else "note", path, message)
        elif place.kind == "number" and ITEMS not in place.path:
            yield Finding("note", path, ROUNDED[mysql.number])
        if place.members and place.schema.get("default") is not None:
            message = "Give its properties the defaults: its own is not filled in."
            yield Finding("warning", path, message)
    yield from _unfilled(shape, False)
    for leaf in shape.leaves():
        if leaf.path[-1] == "timestamp" and may_be_longer(leaf.schema, DIGITS):
            message = (
                f"Give it another name, as dt, or maxLength {DIGITS}: its column has {DIGITS}"
                " characters, and an event with a longer text, as 2026-01-31T00:00:00Z, is refused."
            )
            yield Finding("warning", _path(leaf), message)


def _unfilled(place: Place, as_sent: bool) -> Iterator[Finding]:
    """Find defaults within what is kept as it was sent."""
    if as_sent and not place.members and place.schema.get("default") is not None:
        message = "Do without a default: within an array, or what may be no object, none counts."
        yield Finding("warning", _path(place), message)
    for of in place.members.values():
        yield from _unfilled(of, as_sent or place.kind == "mixed")
    if place.item is not None:
        yield from _unfilled(place.item, True)


def _path(place: Place) -> str:
    return "$" + "".join(name if name == ITEMS else step(name) for name in place.path)


def may_be_longer(schema: dict[str, Any], length: int) -> bool:
    """Tell whether a text of more than so many characters may pass a schema, JSON text too."""
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(values, list):
        return any(isinstance(of, str) and len(of) > length for of in values)
    types = types_of(schema)
    if types & {"any", "object", "array"}:
        return True
    most = schema.get("maxLength")
    return "string" in types and not (isinstance(most, int | float) and most <= length)


def _judging(schema: Schema) -> Iterator[Finding]:
    """Find where judging an event may take more steps than it may (validation/steps.py)."""
    event = unnamed(schema.event)
    if path := multiplying(event):
        message = (
            "Let it come to itself in one way only: its steps multiply with each level of an"
            f" event, which is refused past {MAX_STEPS:,}."
        )
        yield Finding("warning", path, message)
    for path, pattern in patterns_of(event):
        if backtracks(pattern):
            message = (
                f"Do without lookaround and backreferences: {pattern!r} is slow, and a text on"
                f" which it takes more than {MAX_BACKTRACKS:,} steps is refused."
            )
            yield Finding("warning", path, message)


def _property(part: Property) -> Iterator[Finding]:
    name, schema, path = part.path[-1], part.schema, part.name
    if name != ITEMS:
        if name.lower() in RESERVED:
            message = f"Choose another name: {name} is a word of SQL and needs quotes in Hive."
            yield Finding("warning", path, message)
        if re.search(r"[^A-Za-z0-9_]", name):
            message = "Use letters, digits and _ only: MySQL needs quotes, Hive makes it _."
            yield Finding("warning", path, message)
        if not schema.get("description"):
            yield Finding("note", path, "Say in `description` what it means, with its unit.")
    yield from _type(part, path)
    if "format" in schema:
        yield Finding("note", path, "Give it a pattern if it matters: format is not checked.")
    default = schema.get("default")
    if default is not None and default_of(schema) is None:
        message = f"Give a default of its type: {default!r} is none and is not filled in."
        yield Finding("warning", path, message)


def _type(part: Property, path: str) -> Iterator[Finding]:
    types = types_of(part.schema) - {"null"}
    if unknown := types - TYPES:
        yield Finding("error", path, f"Give it a type that there is, not {min(unknown)!r}.")
    elif types == {"any"} or len(types) > 1:
        yield Finding("warning", path, "Give it one type: it is kept as JSON text.")
    elif types == {"array"} and ITEMS not in part.path:
        message = "MySQL keeps an array as JSON text: send its items as events if SQL reads them."
        yield Finding("warning", path, message)
    elif types == {"object"} and not part.schema.get("properties"):
        yield Finding("warning", path, "Name its properties: it is kept as JSON text.")
