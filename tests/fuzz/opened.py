"""Schemas opened: objects that may hold more than they name, and values of more than one type."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from tests.fuzz.words import name, often

Schema = dict[str, Any]


def opened(schema: Schema, of: random.Random) -> Schema:
    """Return a schema of which some objects are open, and some values null or of other types."""
    for part in _parts(schema):
        is_object = isinstance(part.get("properties"), dict)
        if often(of, 0.4 if is_object else 0.25):
            of.choice(OBJECTS if is_object else VALUES)(part, of)
    # The root stays an object for those who read it.
    if schema.get("type", "object") != "object":
        schema["type"] = "object"
    return schema


def _parts(schema: Any) -> Iterator[Schema]:
    if isinstance(schema, dict):
        yield schema
        for inner in [*schema.get("properties", {}).values()]:
            yield from _parts(inner)
        yield from _parts(schema.get("items"))


def _all_else(part: Schema, of: random.Random) -> None:
    part["additionalProperties"] = of.choice([True, {}, {"type": "integer"}])


def _by_pattern(part: Schema, of: random.Random) -> None:
    part["patternProperties"] = {"^x_": of.choice([{}, {"type": "string"}, {"type": "number"}])}


def _combined(part: Schema, of: random.Random) -> None:
    more: Schema = {"properties": {name(of, 0.1): {}, "b": {}}}
    part[of.choice(["allOf", "anyOf", "oneOf"])] = [more]


def _unevaluated(part: Schema, of: random.Random) -> None:
    # Of drafts that do not know it, it says nothing.
    part["unevaluatedProperties"] = False
    if often(of, 0.5):
        of.choice([_all_else, _by_pattern, _combined])(part, of)


def _without_type(part: Schema, of: random.Random) -> None:
    part.pop("type", None)


def _several_types(part: Schema, of: random.Random) -> None:
    part["type"] = ["object", of.choice(["string", "null", "integer", "array", "number"])]


def _or_null(part: Schema, of: random.Random) -> None:
    kind = part.get("type")
    fitting = {"string": "a", "integer": 7, "number": 0.5, "boolean": True, "array": [1]}
    if isinstance(kind, str) and kind in fitting:
        part["type"] = [kind, "null"]
        part["default"] = fitting[kind]


def _anything(part: Schema, of: random.Random) -> None:
    kept = {key: of_it for key, of_it in part.items() if key in ("required", "description")}
    part.clear()
    part.update(kept)
    if often(of, 0.2):
        part["default"] = of.choice([5, "x", [1], {"a": 2**64 - 1}])


def _list(part: Schema, of: random.Random) -> None:
    typed = {key: of_it for key, of_it in part.items() if key in ("type", "properties", "items")}
    _anything(part, of)
    part.pop("default", None)
    part.update(type="array", items=of.choice([typed, typed, {}]))


Change = Callable[[Schema, random.Random], None]
OBJECTS: list[Change] = [
    _all_else,
    _by_pattern,
    _combined,
    _unevaluated,
    _without_type,
    _several_types,
]
VALUES: list[Change] = [_or_null, _or_null, _anything, _list]
