"""What will hurt the people who send events of a schema or read them, before it is published.

What is so for every store is here; each store adds what is its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple, Protocol

from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import Place, default_of, shape_of
from elfaust.schema.tree import ITEMS, Property, properties, types_of
from elfaust.schema.validation.patterns import MAX_BACKTRACKS, backtracks, patterns_of
from elfaust.schema.validation.recursion import multiplying
from elfaust.schema.validation.references import unnamed
from elfaust.schema.validation.steps import MAX_STEPS
from elfaust.schema.words import needs_quotes

TYPES = frozenset(["any", "array", "boolean", "integer", "null", "number", "object", "string"])


class Diagnostic(NamedTuple):
    """What will hurt, and where."""

    #: "error" (events will be refused), "warning" or "note".
    level: str
    path: str
    #: What to do about it, and why.
    message: str


class Linting(Protocol):
    """A store, as lint needs it."""

    def lint(self, schema: Schema, others: Collection[SchemaKey]) -> Iterable[Diagnostic]:
        """Return what will hurt in what the store makes of a schema revision."""


def lint(
    schema: Schema, others: Collection[SchemaKey], stores: Iterable[Linting]
) -> list[Diagnostic]:
    """Return what will hurt in a schema revision; `others` are those that exist beside it."""
    try:
        _ = schema.validator
    except ValueError as error:
        return [Diagnostic("error", "$", f"Nobody can judge by this schema: {error}.")]
    found = [diagnostic for store in stores for diagnostic in store.lint(schema, others)]
    found += [*_judging(schema), *_defaults(shape_of(schema.event), as_sent=False)]
    if not schema.event.get("description"):
        found.append(Diagnostic("note", "$", "Say in `description` what the events are about."))
    for part in properties(schema.event):
        found += _property(part)
    return found


def _defaults(place: Place, as_sent: bool) -> Iterator[Diagnostic]:
    """Yield the defaults that do not count; `as_sent` says that a value is kept as it was sent."""
    if place.schema.get("default") is not None:
        if place.members:
            message = "Give its properties the defaults: its own is not filled in."
            yield Diagnostic("warning", place.name, message)
        elif as_sent:
            message = (
                "Do without a default: within an array, or what may be no object, none counts."
            )
            yield Diagnostic("warning", place.name, message)
    for of in place.members.values():
        yield from _defaults(of, as_sent or place.kind == "mixed")
    if place.item is not None:
        yield from _defaults(place.item, True)


def _judging(schema: Schema) -> Iterator[Diagnostic]:
    """Find where judging an event may take more steps than it may (validation/steps.py)."""
    event = unnamed(schema.event)
    if path := multiplying(event):
        message = (
            "Let it come to itself in one way only: its steps multiply with each level of an"
            f" event, which is refused past {MAX_STEPS:,}."
        )
        yield Diagnostic("warning", path, message)
    for path, pattern in patterns_of(event):
        if backtracks(pattern):
            message = (
                f"Do without lookaround and backreferences: {pattern!r} is slow, and a text on"
                f" which it takes more than {MAX_BACKTRACKS:,} steps is refused."
            )
            yield Diagnostic("warning", path, message)


def _property(part: Property) -> Iterator[Diagnostic]:
    name, schema, path = part.path[-1], part.schema, part.name
    if name != ITEMS:
        if needs_quotes(name):
            message = (
                f"Choose another name: {name} is no plain name of SQL and needs quotes in Hive."
            )
            yield Diagnostic("warning", path, message)
        if re.search(r"[^A-Za-z0-9_]", name):
            message = "Use letters, digits and _ only: MySQL needs quotes, Hive makes it _."
            yield Diagnostic("warning", path, message)
        if not schema.get("description"):
            yield Diagnostic("note", path, "Say in `description` what it means, with its unit.")
    yield from _type(part, path)
    if "format" in schema:
        yield Diagnostic("note", path, "Give it a pattern if it matters: format is not checked.")
    default = schema.get("default")
    if default is not None and default_of(schema) is None:
        message = f"Give a default of its type: {default!r} is none and is not filled in."
        yield Diagnostic("warning", path, message)


def _type(part: Property, path: str) -> Iterator[Diagnostic]:
    types = types_of(part.schema) - {"null"}
    if unknown := types - TYPES:
        yield Diagnostic("error", path, f"Give it a type that there is, not {min(unknown)!r}.")
    elif types == {"any"} or len(types) > 1:
        yield Diagnostic("warning", path, "Give it one type: it is kept as JSON text.")
    elif types == {"object"} and not part.schema.get("properties"):
        yield Diagnostic("warning", path, "Name its properties: it is kept as JSON text.")
