"""A schema's properties, one by one, for the people's tools: lint and diff."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from elfaust.schema.validation.references import expanded

Schema = dict[str, Any]
#: In a path: the items of an array.
ITEMS = "[]"


class Property(NamedTuple):
    """A property of an event at any depth: its keys, its schema, whether its object requires it."""

    path: tuple[str, ...]
    schema: Schema
    required: bool

    @property
    def name(self) -> str:
        """The JSON path of its values, as `$.event.items[].id`."""
        return "$.event" + "".join(part if part == ITEMS else f".{part}" for part in self.path)


def properties(schema: Schema) -> Iterator[Property]:
    """Yield the properties of an event's schema, depth first, arrays' items among them.

    Raises ValueError for a reference that leads nowhere or out of the schema.
    """
    yield from _properties(expanded(schema), ())


def _properties(schema: Schema, path: tuple[str, ...]) -> Iterator[Property]:
    listed = schema.get("required")
    for name, of in _objects(schema.get("properties")):
        required = name in listed if isinstance(listed, list) else of.get("required") is True
        yield Property((*path, name), of, required)
        yield from _properties(of, (*path, name))
    items = schema.get("items")
    if isinstance(items, dict):
        yield Property((*path, ITEMS), items, False)
        yield from _properties(items, (*path, ITEMS))


def _objects(members: Any) -> Iterator[tuple[str, Schema]]:
    if isinstance(members, dict):
        yield from ((name, of if isinstance(of, dict) else {}) for name, of in members.items())


def types_of(schema: Schema) -> frozenset[str]:
    """Return the types that a schema allows; `any` where it allows all."""
    given = schema.get("type", "any")
    types = given if isinstance(given, list) else [given]
    if not all(isinstance(name, str) for name in types):
        return frozenset(["any"])
    return frozenset(["any"]) if "any" in types else frozenset(types)
