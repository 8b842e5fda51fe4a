"""What no enabled store can hold of an event, refused by the judge once for all of them.

It runs after the verdict by the schema, and not as bounds within the schema: inside `not` and
`oneOf` those would turn its answer. What all readers have in common is here; each store adds what
is its own (elfaust/sinks/base.py, Store.limits).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from elfaust.errors import EventFault, SchemaUnfit
from elfaust.json_text import leaves
from elfaust.records import SchemaKey
from elfaust.schema.lookup.state import Schema
from elfaust.schema.shape import Place, shape_of
from elfaust.words.causes import shown
from elfaust.words.hints import step

#: Integers of a place of integers are of 64 bits; elsewhere readers of JSON are exact up to twice.
LEAST, PAST = -(2**63), 2**63
PAST_UNTYPED = 2**64
#: Bytes of a character.
LONGEST_UTF8 = 4


class Limit(NamedTuple):
    """What a store cannot hold at one place of an event."""

    #: Yields the faults of a value that stands at a path: "$.event.a". None is null, and a member
    #: of what is no object.
    faults: Callable[[Any, str], Iterator[EventFault]]
    #: How many bytes of JSON each value has that is at fault, more than these: infinite where only
    #: numbers are that are not calm (capsule_validator.py), 0 where any value may be.
    longer_than: float = 0


#: By the path of a place, whose first name is "event".
EventLimits = Mapping[tuple[str, ...], Limit]


class Limiting(Protocol):
    """A store, as the judge needs it."""

    def limits(self, schema: Schema) -> EventLimits:
        """Return what the store cannot hold of a schema revision's events.

        Raises SchemaUnfit where it can hold none of them.
        """


class Check(Protocol):
    """What holds the events of a schema revision to what the stores can hold."""

    #: Bytes of JSON up to which no value of a calm event is at fault, 0 where any may be.
    storable: int

    def __call__(self, event: dict[str, Any], size: int, calm: bool) -> None:
        """Raise EventFault for an event that is not storable.

        `size` is how long its JSON is at most, bytes, `calm` whether it is known that its numbers
        are calm (capsule_validator.py).
        """

    def faults(self, event: dict[str, Any]) -> Iterator[EventFault]:
        """Yield every fault of an event, the one that is raised first."""


class Storable:
    """The checks of schema revisions, each made once."""

    def __init__(self, stores: Collection[Limiting]) -> None:
        self._stores = stores
        self._checks: dict[SchemaKey, tuple[Schema, Check]] = {}

    def of(self, schema: Schema) -> Check:
        """Return the check of a schema revision; one that a store can have no events of refuses."""
        known = self._checks.get(schema.key)
        if known is None or known[0] is not schema:
            known = self._checks[schema.key] = (schema, check_of(schema, self._stores))
        return known[1]


def check_of(schema: Schema, stores: Collection[Limiting]) -> Check:
    """Return what refuses events of a schema that one of the stores cannot hold."""
    limits: dict[tuple[str, ...], list[Limit]] = {}
    try:
        for store in stores:
            for path, limit in store.limits(schema).items():
                limits.setdefault(path, []).append(limit)
    except SchemaUnfit as unfit:
        return _Refusing(unfit)
    return _Check(shape_of(schema.event), limits)


class _Refusing:
    storable = 0

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

    def __init__(self, shape: Place, limits: Mapping[tuple[str, ...], list[Limit]]) -> None:
        self._shape = shape
        self._limits = limits
        lengths = [limit.longer_than for of in limits.values() for limit in of]
        self._shortest = min(filter(None, lengths), default=math.inf)
        self._short = self._shortest / LONGEST_UTF8
        unbounded = {
            path: [limit for limit in of if not limit.longer_than] for path, of in limits.items()
        }
        #: The limits that any value may pass, by the names of their places in an event.
        self._any_value = {path[1]: of for path, of in unbounded.items() if of and len(path) == 2}
        #: Whether one of them is of a place further inside.
        self._always = any(of and len(path) != 2 for path, of in unbounded.items())
        bounded = int(min(self._shortest, sys.maxsize))
        self.storable = 0 if any(unbounded.values()) else bounded

    def __call__(self, event: dict[str, Any], size: int, calm: bool) -> None:
        if (
            calm
            and (size <= self._shortest or self._is_short(event))
            and not self._always
            and not (self._any_value and self._passes_one(event))
        ):
            return
        for fault in self.faults(event):
            raise fault

    def _passes_one(self, event: dict[str, Any]) -> bool:
        """Tell whether an event passes one of the limits that any value may."""
        return any(
            True
            for name in self._any_value.keys() & event.keys()
            for limit in self._any_value[name]
            for _ in limit.faults(event[name], "$")
        )

    def faults(self, event: dict[str, Any]) -> Iterator[EventFault]:
        found = set[str]()
        for fault in self._value(self._shape, event, "$.event"):
            if fault.path not in found:
                found.add(fault.path)
                yield fault

    def _is_short(self, event: dict[str, Any]) -> bool:
        """Tell whether nothing of an event is long, and nothing in it is more than one value."""
        for value in event.values():
            kind = value.__class__
            if (kind is str and len(value) > self._short) or kind is dict or kind is list:
                return False
        return True

    def _value(self, place: Place, value: Any, at: str) -> Iterator[EventFault]:
        for limit in self._limits.get(place.path, ()):
            yield from limit.faults(value, at)
        if not isinstance(value, dict) and place.members:
            yield from self._missing(place, at)
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
            # A mixed place is kept as JSON text: what is in it is read as such.
            if member is None or place.kind == "mixed":
                yield from _inside(of, at + step(key))
            if member is not None:
                yield from self._value(member, of, at + step(key))

    def _missing(self, place: Place, at: str) -> Iterator[EventFault]:
        """Yield the faults of what is no object: a store may demand members of it."""
        for leaf in place.leaves():
            for limit in self._limits.get(leaf.path, ()):
                below = at + "".join(map(step, leaf.path[len(place.path) :]))
                yield from limit.faults(None, below)


def _integer(value: Any, at: str) -> Iterator[EventFault]:
    # A float of LEAST may be a smaller integer to those who read it.
    if not LEAST <= value < PAST or (value == LEAST and isinstance(value, float)):
        yield unstorable(value, at, "passes 64 bits", "an integer from -2^63 to 2^63-1")


def _double(value: Any, at: str) -> Iterator[EventFault]:
    try:
        past = math.isinf(float(value))
    except OverflowError:
        past = True
    if past:
        yield unstorable(value, at, "passes a double", "a number up to 1.7e308")


def _inside(value: Any, at: str) -> Iterator[EventFault]:
    """Refuse an integer that nobody would read exactly, wherever it stands in a value."""
    for path, leaf in leaves(value, at):
        if isinstance(leaf, int) and not LEAST <= leaf < PAST_UNTYPED:
            cure = "it as a text, or within -2^63 to 2^64-1"
            yield unstorable(leaf, path, "passes 64 bits", cure)


def unstorable(value: Any, at: str, what: str, cure: str) -> EventFault:
    """Return the fault of a value that cannot be stored: what is wrong, and what to send."""
    message = f"{at}: {value!r:.80}: {what}"
    cause = f"{at}: {shown(value)}: {what}"
    return EventFault("consumer", message, path=at, hint=f"Send {at} as {cure}.", cause=cause)
