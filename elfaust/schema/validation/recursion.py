"""Schemas that hold themselves: those by which judging has no end, and those where steps multiply.

A step goes from a part of a schema to one that judges the same value, or to one that judges what
is below it: a member of some name, any item.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from elfaust.schema.validation.references import Keys, json_path, parts_of, target

#: Keywords whose parts judge one member or item each.
NAMED = ("properties",)
NUMBERED = ("items", "prefixItems")
#: Keywords whose parts judge any; those of all other keywords judge the value itself.
BELOW = (
    "patternProperties",
    "additionalProperties",
    "unevaluatedProperties",
    "items",
    "prefixItems",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "propertyNames",
)
#: Keywords that judge what those beside them leave.
REST = ("additionalProperties", "additionalItems")
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
#: Keywords that only keep parts for references.
KEPT = ("definitions", "$defs")
#: Ways from a part that are looked at; where there are more, they are taken to meet.
MAX_WAYS = 10_000

ANY: Keys = ("*",)


class _Way(NamedTuple):
    """From a part of a schema to another: `below` is empty where both judge the same value."""

    below: Keys
    keyword: str
    part: Any
    to: Any

    def meets(self, other: _Way) -> bool:
        """Tell whether both may come to the same value below the one that they start from."""
        if self.part is other.part and (self.keyword in REST) != (other.keyword in REST):
            return False
        return ANY in (self.below, other.below) or self.below == other.below


def endless(schema: dict[str, Any]) -> str | None:
    """Return the JSON path of a part that judges a value by judging the same value, if any.

    `schema` has passed `references.check`.
    """
    return _Graph(schema).endless()


def multiplying(schema: dict[str, Any]) -> str | None:
    """Return the JSON path of a part that comes to itself in two ways at the same value, if any.

    Judging by it may take twice the steps, or more, for each level of an event. `schema` is not
    `endless`.
    """
    return _Graph(schema).multiplying()


class _Graph:
    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._parts: dict[int, tuple[Keys, Any]] = {}
        self._anchors: dict[str, list[Any]] = {}
        self._keep(schema, ())
        self._ways = {key: list(self._out(part)) for key, (_, part) in self._parts.items()}
        self._forward = {part: [id(way.to) for way in out] for part, out in self._ways.items()}
        judging = _reached(id(schema), self._forward) | {id(schema)}
        #: What an event can come to, in the schema's order.
        self._judging = [part for part in self._parts if part in judging]
        #: Each circle leads through one of these.
        self._targets = [
            id(way.to) for ways in self._ways.values() for way in ways if way.keyword in REFERENCES
        ]

    def endless(self) -> str | None:
        done: set[int] = set()
        for start in self._judging:
            found = self._loop(start, done, frozenset())
            if found is not None:
                return json_path(self._parts[found][0])
        return None

    def multiplying(self) -> str | None:
        looked_at: set[int] = set()
        back: dict[int, list[int]] = {}
        for part, reached in self._forward.items():
            for to in reached:
                back.setdefault(to, []).append(part)
        for part in self._targets:
            if part in looked_at:
                continue
            circle = _reached(part, self._forward) & _reached(part, back)
            looked_at |= circle | {part}
            for each in self._judging:
                if each in circle and self._meet(each, circle):
                    return json_path(self._parts[each][0])
        return None

    def _keep(self, part: Any, keys: Keys) -> None:
        if id(part) in self._parts or not isinstance(part, dict | list):
            return
        self._parts[id(part)] = (keys, part)
        if isinstance(part, dict):
            for name in (part.get("$dynamicAnchor"), part.get("$anchor")):
                if isinstance(name, str):
                    self._anchors.setdefault(name, []).append(part)
            if isinstance(part.get("$ref"), str):
                self._keep(target(self._schema, part["$ref"]), (*keys, "$ref"))
        for inner, of in parts_of(part):
            self._keep(of, (*keys, *inner))

    def _out(self, part: Any) -> Iterator[_Way]:
        for keys, to in parts_of(part):
            keyword = str(keys[0])
            if keyword in KEPT or not isinstance(to, dict | list):
                continue
            if keyword in NAMED or (keyword in NUMBERED and len(keys) > 1):
                yield _Way(keys[1:], keyword, part, to)
            else:
                yield _Way(ANY if keyword in BELOW else (), keyword, part, to)
        if isinstance(part, dict):
            for keyword in REFERENCES:
                if isinstance(part.get(keyword), str):
                    for to in self._referred(keyword, part[keyword]):
                        yield _Way((), keyword, part, to)

    def _referred(self, keyword: str, reference: str) -> list[Any]:
        if keyword == "$ref":
            return [target(self._schema, reference)]
        return self._anchors.get(reference.removeprefix("#"), [self._schema])

    def _loop(self, part: int, done: set[int], above: frozenset[int]) -> int | None:
        if part in above:
            return part
        if part in done:
            return None
        done.add(part)
        for way in self._ways.get(part, ()):
            if not way.below:
                found = self._loop(id(way.to), done, above | {part})
                if found is not None:
                    return found
        return None

    def _meet(self, start: int, circle: set[int]) -> bool:
        """Tell whether two ways out of what judges the same value as a part meet in its circle."""
        down: list[_Way] = []
        left, seen = [start], 0
        while left:
            for way in self._ways.get(left.pop(), ()):
                seen += 1
                if seen > MAX_WAYS:
                    return True
                if not way.below:
                    left.append(id(way.to))
                elif id(way.to) in circle:
                    if any(way.meets(other) for other in down):
                        return True
                    down.append(way)
        return False


def _reached(start: int, ways: dict[int, list[int]]) -> set[int]:
    seen, left = set[int](), [start]
    while left:
        for to in ways.get(left.pop(), ()):
            if to not in seen:
                seen.add(to)
                left.append(to)
    return seen
