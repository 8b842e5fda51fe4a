"""Random schemas of every draft: correct ones, odd ones, and some that are not valid."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from functools import cache
from typing import Any

from tests import REPOSITORY
from tests.fuzz.opened import opened
from tests.fuzz.words import FLOATS, INTEGERS, PATTERNS, TEXTS, anything, name, often, scalar

REAL = REPOSITORY / "schemas"
DRAFTS = [
    "", "", "", "http://json-schema.org/schema#", "http://json-schema.org/draft-03/schema#",
    "http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-06/schema#",
    "http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
]  # fmt: skip
NO_DRAFTS = [
    "http://example.org/schema",
    5,
    None,
    [],
    "#",
    "http://json-schema.org/draft-05/schema#",
]
TYPES = ["string", "integer", "number", "boolean", "string", "integer", "null", "any"]
REFERENCES = [
    "#/definitions/a", "#/definitions/b", "#/definitions/a", "#", "#/properties/a", "#/$defs/a",
    "#/properties/a/items", "#/definitions/missing", "#a", "other.json", "http://127.0.0.1:9/a",
    "file:///etc/passwd", "#/definitions/~0", "#/properties/a~1b", "#/items/0", "", 5,
    "#/properties",
]  # fmt: skip
KEYWORDS = [
    "id", "$id", "$schema", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$dynamicRef", "type",
    "properties", "required", "items", "prefixItems", "additionalItems", "additionalProperties",
    "patternProperties", "propertyNames", "enum", "const", "default", "format", "minimum",
    "maximum", "exclusiveMinimum", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems",
    "pattern", "multipleOf", "divisibleBy", "extends", "disallow", "dependencies",
    "dependentSchemas", "allOf", "anyOf", "oneOf", "not", "if", "then", "contains", "minContains",
    "definitions", "$defs", "$ref", "description", "title", "unevaluatedProperties",
    "contentMediaType", "$vocabulary",
]  # fmt: skip
HOSTILE: list[Any] = [
    5, -1, 0, 1.5, 10**30, True, False, None, "", "string", "object", "*abc", "#", [], {}, [[]],
    [None], [5], ["string"], ["string", "string"], ["a", 5], {"a": 5}, {"a": "string"}, {"a": None},
    {"": {}}, {"a": []}, {"$ref": "#"}, [{"$ref": "#"}], {"type": []}, {"(": {}}, {"^(a+)+$": {}},
]  # fmt: skip
BODIES = [
    b"", b"{", b"[]", b"null", b"5", b'"string"', b"{}", b'{"message": "rate limited"}', b"\xff",
    b"\0", b'\xef\xbb\xbf{"type": "object"}', b'{"a": NaN}', b'{"a": 1e400}',
    b'{"type": "object", "type": 5}', b'{"properties": {"a": {"maximum": 1' + b"0" * 400 + b"}}}",
    b'{"properties": {"\\ud800": {}}}', b'{"error": {"code": "x"}}', b"[" * 2_000 + b"]" * 2_000,
    b'{"properties": {"a": ' * 60 + b"{}" + b"}}" * 60, b'{"items": ' * 300 + b"{}" + b"}" * 300,
    b'{"properties": {%s}}' % b", ".join(b'"p%d": {"type": "string"}' % n for n in range(372)),
    b'{"properties": {%s}}' % b", ".join(b'"p%d": {"type": "integer"}' % n for n in range(1_100)),
    b'{"properties": {%s}}' % b", ".join(b'"o%d": {"properties": {"timestamp": {}}}' % n
                                         for n in range(70)),
]  # fmt: skip


class Writer:
    """Writes one schema of a draft: `old` is draft 3, whose `required` stands in the property."""

    def __init__(self, of: random.Random) -> None:
        self.of = of
        self.draft = of.choice(DRAFTS)
        self.old = self.draft in DRAFTS[:5]
        #: How odd its names are, and how often a default is of another type.
        self.odd = of.choice([0, 0, 0, 0.1, 0.6])
        self.refers = False

    def event(self) -> dict[str, Any]:
        """Return the schema of an event."""
        schema = self.object(3)
        if self.draft:
            schema["$schema"] = self.draft
        if often(self.of, 0.9):
            schema.setdefault("description", "What is sent.")
        where = "$defs" if "20" in self.draft and often(self.of, 0.5) else "definitions"
        if self.refers or often(self.of, 0.1):
            schema[where] = {"a": self.any(2), "b": self.object(1)}
        return schema

    def any(self, depth: int) -> Any:
        """Return a schema of anything."""
        kinds: list[tuple[float, Callable[[], Any]]] = [(6, self.scalar), (1, self.union)]
        kinds += [
            (0.5, self.reference),
            (0.2, lambda: self.of.choice([{}, {}, True, False] if not self.old else [{}])),
        ]
        if depth:
            kinds += [
                (2, lambda: self.object(depth - 1)),
                (1.5, lambda: self.array(depth - 1)),
                (0.7, lambda: self.combined(depth - 1)),
            ]
        weights = [weight for weight, _ in kinds]
        made: Any = self.of.choices([make for _, make in kinds], weights)[0]()
        if isinstance(made, dict):
            self.decorate(made)
        return made

    def decorate(self, schema: dict[str, Any]) -> None:
        """Give a schema a default, a description, and draft 3's `required`."""
        of = self.of
        if often(of, 0.2):
            schema["default"] = (
                anything(of, 2) if often(of, 0.3 + self.odd) else self.fit_row_limit(schema)
            )
        if often(of, 0.3):
            schema["description"] = of.choice(["What it is.", "", "\U0001f600", "'", "%s"])
        if self.old and often(of, 0.3):
            schema["required"] = of.choice([True, True, True, False])

    def fit_row_limit(self, schema: dict[str, Any]) -> Any:
        """Return a default that may fit."""
        kind = schema.get("type")
        fit = {
            "string": "a",
            "integer": 1,
            "number": 1.5,
            "boolean": True,
            "array": [],
            "object": {},
        }
        return fit.get(kind) if isinstance(kind, str) else scalar(self.of)

    def scalar(self) -> dict[str, Any]:
        """Return a schema of a value without parts."""
        of, schema = self.of, {"type": self.of.choice(TYPES if self.old else TYPES[:-1])}
        if often(of, 0.5):
            return schema
        return {
            **schema,
            **of.choice(self._odd_limits() if often(of, self.odd) else self._limits()),
        }

    def _limits(self) -> list[dict[str, Any]]:
        of = self.of
        return [
            {"enum": ["a", "b", "c", 1, None]},
            {"minimum": of.choice([0, 1, -5, 0.5]), "maximum": of.choice([10, 10**10, 1e300])},
            {"minLength": of.choice([0, 1, 10]), "maxLength": of.choice([0, 1, 10, 1_000])},
            {"pattern": of.choice(["^a", "^[a-z]+$", "", "^(a+)+$"])},
            {"divisibleBy" if self.old else "multipleOf": of.choice([1, 2, 0.1])},
            {"format": of.choice(["date-time", "uri", "regex", "nonsense", ""])},
            {"const": scalar(of)},
        ]

    def _odd_limits(self) -> list[dict[str, Any]]:
        of = self.of
        return [
            {"enum": [scalar(of) for _ in range(of.randrange(4))]},
            {"minimum": of.choice(INTEGERS + FLOATS), "maximum": of.choice(INTEGERS)},
            {"pattern": of.choice(PATTERNS)},
            {"divisibleBy" if self.old else "multipleOf": of.choice([1e-308, 0, 2.0**70])},
            {"exclusiveMinimum": of.choice([True, False, 0, 5])},
        ]

    def union(self) -> dict[str, Any]:
        """Return a schema of several types."""
        of = self.of
        types: list[Any] = of.sample([*TYPES[:7], "object", "array"], of.randint(1, 3))
        if self.old and often(of, 0.3):
            types.append({"type": "object", "properties": {"a": self.scalar()}})
        return {"type": types}

    def reference(self) -> dict[str, Any]:
        """Return a reference, which may lead nowhere."""
        self.refers = True
        right = ["#/definitions/a", "#/definitions/b", "#"]
        made = {"$ref": self.of.choice(right if often(self.of, 0.85) else REFERENCES)}
        return {**made, "id": 5} if often(self.of, 0.05) else made

    def object(self, depth: int) -> dict[str, Any]:
        """Return a schema of an object."""
        of = self.of
        properties = {
            name(of, self.odd): self.any(depth) for _ in range(of.choice([0, 1, 2, 3, 5, 8]))
        }
        schema: dict[str, Any] = {"properties": properties}
        if often(of, 0.9):
            schema["type"] = "object"
        if not self.old and properties and often(of, 0.5):
            schema["required"] = of.sample([*properties], of.randint(1, len(properties)))
        if often(of, 0.3):
            schema["additionalProperties"] = of.choice([True, False, self.scalar()])
        if often(of, 0.08):
            schema["patternProperties"] = {of.choice(PATTERNS): self.scalar()}
        if often(of, 0.05):
            schema["dependencies"] = {"a": of.choice(["b", ["b"], self.scalar()])}
        return schema

    def array(self, depth: int) -> dict[str, Any]:
        """Return a schema of an array."""
        of, schema = self.of, dict[str, Any](type="array")
        if often(of, 0.8):
            lists = [self.scalar(), self.scalar()]
            schema["items"] = of.choice(
                [self.any(depth), self.any(depth), self.scalar(), lists, True]
            )
        if often(of, 0.2):
            schema[of.choice(["minItems", "maxItems"])] = of.choice([0, 1, 2, 5])
        if often(of, 0.1):
            schema["uniqueItems"] = True
        return schema

    def combined(self, depth: int) -> dict[str, Any]:
        """Return schemas combined."""
        of = self.of
        schema = self.object(depth) if often(of, 0.3) else {}
        if self.old:
            return {**schema, of.choice(["extends", "disallow", "type"]): [self.any(depth), "null"]}
        keyword = of.choice(["anyOf", "oneOf", "allOf", "not", "if"])
        parts = [self.any(depth) for _ in range(of.randint(1, 3))]
        return {**schema, keyword: parts if keyword.endswith("Of") else parts[0]}


def spoilt(schema: dict[str, Any], of: random.Random) -> dict[str, Any]:
    """Return a schema with one to three keywords that have values of other keywords."""
    schema = copy.deepcopy(schema)
    for _ in range(of.randint(1, 3)):
        parts = [part for part in _parts(schema) if isinstance(part, dict)]
        part = of.choice(parts)
        if part and often(of, 0.2):
            del part[of.choice([*part])]
        elif part and often(of, 0.3):
            part[of.choice([*part])] = copy.deepcopy(of.choice(HOSTILE))
        else:
            part[of.choice(KEYWORDS)] = copy.deepcopy(of.choice(HOSTILE))
    return schema


def _parts(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(part for item in inner for part in _parts(item))]


@cache
def real_schemas() -> list[str]:
    """Return the schemas of the repository, as their texts."""
    return [file.read_text() for file in sorted(REAL.glob("*/*.json"))]


def explosive(of: random.Random) -> dict[str, Any]:
    """Return a recursive schema by which judging grows with every level."""
    again = [{"$ref": "#"}] * of.randint(1, 3)
    combined: dict[str, Any] = {
        "$schema": of.choice(DRAFTS[5:]),
        "properties": {
            "a": {of.choice(["anyOf", "oneOf", "allOf"]): again},
            "b": {"type": "integer"},
        },
    }
    matched = {"patternProperties": {of.choice(["^(a+)+$", "^(a|aa)+$"]): {"type": "integer"}}}
    return of.choice([combined, matched, {"$ref": "#"}, {"extends": {"$ref": "#"}}])


def schema_text(of: random.Random) -> bytes:
    """Return the file of a schema revision."""
    kind = of.random()
    if kind < 0.05:
        return of.choice(BODIES)
    if kind < 0.06:
        schema = explosive(of)
    elif kind < 0.25:
        schema = json.loads(of.choice(real_schemas()))
    else:
        schema = Writer(of).event()
        if often(of, 0.5):
            schema = opened(schema, of)
    if often(of, 0.15):
        schema = spoilt(schema, of)
    if often(of, 0.02):
        schema["$schema"] = of.choice(NO_DRAFTS)
    if often(of, 0.02):
        schema["default"] = of.choice(TEXTS)
    return json.dumps(schema, ensure_ascii=often(of, 0.5)).encode("utf-8", "replace")
