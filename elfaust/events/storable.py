"""What no enabled store can hold of an event, refused by the judge once for all of them.

It runs after the verdict by the schema, and not as bounds within the schema: inside `not` and
`oneOf` those would turn its answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Protocol

import orjson

from elfaust.errors import EventFault, SchemaUnfit
from elfaust.hints import step
from elfaust.json_text import encode, leaves
from elfaust.names import table_name
from elfaust.records import SchemaKey
from elfaust.schema.columns import Column
from elfaust.schema.lookup.state import Schema
from elfaust.schema.shape import Place, shape_of
from elfaust.settings import Settings
from elfaust.sinks.mysql.ddl import table_columns
from elfaust.sinks.mysql.limits import MAX_FLOAT, TEXT_BYTES
from elfaust.sinks.mysql.rows import DIGITS, mediawiki_timestamp
from elfaust.sinks.parquet.table import ParquetWriter

#: Integers of a place of integers are of 64 bits; elsewhere readers of JSON are exact up to twice.
LEAST, PAST = -(2**63), 2**63
PAST_UNTYPED = 2**64
#: Bytes of a character.
LONGEST_UTF8 = 4


class Check(Protocol):
    """What holds the events of a schema revision to what the stores can hold."""

    def __call__(self, event: dict[str, Any], size: int, calm: bool) -> None:
        """Raise EventFault for an event that is not storable.

        `size` is how long its JSON is at most, bytes, `calm` whether it is known that its numbers
        are calm (validation.py).
        """

    def faults(self, event: dict[str, Any]) -> Iterator[EventFault]:
        """Yield every fault of an event, the one that is raised first."""


class Storable:
    """The checks of schema revisions, each made once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._checks: dict[SchemaKey, tuple[Schema, Check]] = {}

    def of(self, schema: Schema) -> Check:
        """Return the check of a schema revision; one that a store can have no events of refuses."""
        known = self._checks.get(schema.key)
        if known is None or known[0] is not schema:
            known = self._checks[schema.key] = (schema, check_of(schema, self._settings))
        return known[1]


def check_of(schema: Schema, settings: Settings) -> Check:
    """Return what refuses events of a schema that the stores of the settings cannot hold."""
    stores = settings.processor.stores.split()
    columns: list[Column] = []
    try:
        if "mysql" in stores:
            table_name(settings.mysql.table, schema.key)
            columns = table_columns(schema, settings.mysql.number)
        if "hdfs" in stores:
            ParquetWriter(schema)
    except SchemaUnfit as unfit:
        return _Refusing(unfit)
    return _Check(shape_of(schema.event), columns)


class _Refusing:
    def __init__(self, unfit: SchemaUnfit) -> None:
        self._unfit = unfit

    def __call__(self, event: dict[str, Any], size: int, calm: bool) -> None:
        for fault in self.faults(event):
            raise fault

    def faults(self, event: dict[str, Any]) -> Iterator[EventFault]:
        hint = "Change the schema, no store can keep its events: `elfaust schema lint` has more."
        yield EventFault("consumer", self._unfit.detail, *self._unfit.key, hint=hint)


class _Check:
    """Walks over an event only where something in it may pass a limit."""

    def __init__(self, shape: Place, columns: list[Column]) -> None:
        self._shape = shape
        self._columns = {c.path: c for c in columns if c.path[:1] == ("event",)}
        limits = [limit_of(c.sql_type) for c in self._columns.values()]
        self._shortest = min((limit for limit in limits if limit > DIGITS), default=math.inf)
        self._short = self._shortest / LONGEST_UTF8
        self._always = any(
            path[-1] == "timestamp" or not column.nullable for path, column in self._columns.items()
        )

    def __call__(self, event: dict[str, Any], size: int, calm: bool) -> None:
        if calm and not self._always and (size <= self._shortest or self._is_short(event)):
            return
        for fault in self.faults(event):
            raise fault

    def faults(self, event: dict[str, Any]) -> Iterator[EventFault]:
        told = set[str]()
        for fault in self._value(self._shape, event, "$.event"):
            if fault.path not in told:
                told.add(fault.path)
                yield fault

    def _is_short(self, event: dict[str, Any]) -> bool:
        """Tell whether nothing of an event is long, and nothing in it is more than one value."""
        for value in event.values():
            kind = value.__class__
            if (kind is str and len(value) > self._short) or kind is dict or kind is list:
                return False
        return True

    def _value(self, place: Place, value: Any, at: str) -> Iterator[EventFault]:
        if place.path in self._columns:
            yield from self._column(self._columns[place.path], value, at)
        if not isinstance(value, dict) and place.members:
            yield from self._demanded(place, at)
        if value is None:
            return
        if place.members or place.kind == "object":
            yield from self._object(place, value, at)
        elif place.item is not None and isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._value(place.item, item, f"{at}[{index}]")
        elif place.kind == "integer":
            yield from _integer(value, at)
        elif place.kind == "number":
            yield from _double(value, at)
        elif place.kind != "string":
            yield from _inside(value, at)

    def _object(self, place: Place, value: Any, at: str) -> Iterator[EventFault]:
        if not isinstance(value, dict):
            yield from _inside(value, at)
            return
        for key, of in value.items():
            member = place.members.get(key)
            # A mixed place is JSON text in Parquet: what is in it is read as such.
            if member is None or place.kind == "mixed":
                yield from _inside(of, at + step(key))
            if member is not None:
                yield from self._value(member, of, at + step(key))

    def _demanded(self, place: Place, at: str) -> Iterator[EventFault]:
        """Refuse what is no object where MySQL's columns of its members take no NULL."""
        for of in place.leaves():
            column = self._columns.get(of.path)
            if column is not None and not column.nullable:
                below = at + "".join(map(step, of.path[len(place.path) :]))
                yield _fault("null", below, "MySQL's column takes no NULL", "a value")

    def _column(self, column: Column, value: Any, at: str) -> Iterator[EventFault]:
        if value is None:
            if not column.nullable:
                yield _fault("null", at, "MySQL's column takes no NULL", "a value")
        elif column.path[-1] == "timestamp":
            yield from _timestamp(value, at)
        elif column.sql_type == "FLOAT":
            if not -MAX_FLOAT <= value <= MAX_FLOAT:
                yield _fault(value, at, "passes a FLOAT", f"a number up to {MAX_FLOAT}")
        elif limit := limit_of(column.sql_type):
            text = value if isinstance(value, str) else _as_stored(value)
            size = len(text.encode()) if column.sql_type == "TEXT" else len(text)
            if size > limit:
                unit = "bytes" if column.sql_type == "TEXT" else "characters"
                message = f"{size} {unit} are more than {limit}"
                yield EventFault(
                    "consumer",
                    f"{at}: {message}",
                    path=at,
                    hint=f"Send {at} with {limit} {unit} or less.",
                )


def limit_of(sql_type: str) -> int:
    """Return how long a text may be: bytes of TEXT, characters of VARCHAR; 0 for other columns."""
    if sql_type == "TEXT":
        return TEXT_BYTES
    return int(sql_type.partition("(")[2].rstrip(")") or 0)


def _as_stored(value: Any) -> str:
    """Return JSON text as a sink writes it: numbers past 64 bits, of an array, as floats."""
    return orjson.dumps(orjson.loads(encode(value))).decode()


def _integer(value: Any, at: str) -> Iterator[EventFault]:
    # A float of LEAST may be a smaller integer to those who read it.
    if not LEAST <= value < PAST or (value == LEAST and isinstance(value, float)):
        yield _fault(value, at, "passes 64 bits", "an integer from -2^63 to 2^63-1")


def _double(value: Any, at: str) -> Iterator[EventFault]:
    try:
        past = math.isinf(float(value))
    except OverflowError:
        past = True
    if past:
        yield _fault(value, at, "passes a double", "a number up to 1.7e308")


def _inside(value: Any, at: str) -> Iterator[EventFault]:
    """Refuse an integer that nobody would read exactly, wherever it stands in a value."""
    for path, leaf in leaves(value, at):
        if isinstance(leaf, int) and not LEAST <= leaf < PAST_UNTYPED:
            yield _fault(leaf, path, "passes 64 bits", "it as a text, or within -2^63 to 2^64-1")


def _timestamp(value: Any, at: str) -> Iterator[EventFault]:
    # Written exactly: of what it takes the column holds the JSON text, and tells how long it is.
    given = encode(value).decode() if isinstance(value, dict | list) else value
    try:
        mediawiki_timestamp(given)
    except ValueError as error:
        yield _fault(value, at, str(error), f"{DIGITS} digits, as 20200913122640")


def _fault(value: Any, at: str, what: str, cure: str) -> EventFault:
    message = f"{at}: {value!r:.80}: {what}"
    return EventFault("consumer", message, path=at, hint=f"Send {at} as {cure}.")
