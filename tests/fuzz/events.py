"""Events made of a schema, mostly such as it wants, and JSON texts that no value can hold."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from tests.fuzz.words import (
    FLOATS,
    INTEGERS,
    TEXTS,
    TIMES,
    anything,
    border_text,
    deep,
    long_text,
    name,
    often,
    scalar,
)

#: JSON that only a text can hold, or that is none.
RAW = [
    "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1E5", "-0", "-0.0", "1.0", "01", "1.", ".5",
    "+1", "0x1", "'a'", '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\x41"',
    "[1,]", '{"a":1,"a":2}', '{"\\ud800":1}', '{"a":{"a":NaN}}', "9" * 25, "9" * 400,
    "1" + "0" * 308, "9" * 308,
    "[18446744073709551616]", '{"a":{"b":-9223372036854775809}}',
    "9" * 5_000, "1e39", "1e30", "18446744073709551617", "9223372036854775808",
    "9223372036854775807.0", "0." + "1" * 400, "1e-400", "[" * 45 + "]" * 45,
    "[" * 2_000 + "]" * 2_000, '{"a":' * 39 + "1" + "}" * 39, "true false", "", '"\x7f"', '"\x01"',
    "/**/1", "[" + "1," * 1_100 + "1]",
]  # fmt: skip


#: What a property named `timestamp` is sent as.
MOMENTS = [
    1_600_000_000, 1_600_000_000_000, 1_600_000_000_123, 1.6e9, 0, -1, -62_135_596_800,
    253_402_300_799, 253_402_300_800, 10**12, 10**12 + 1, "20200913122640", "2020-09-13",
    True, None,
]  # fmt: skip


class Raw(str):
    """A text that stands in JSON as it is."""


class Pairs(list[tuple[str, Any]]):
    """An object with doubled keys."""


def event_of(schema: Any, of: random.Random) -> Any:
    """Return an event of a schema; what of it cannot be read is as good as absent."""
    event = _value(schema, schema, of, 6)
    return event if isinstance(event, dict) or often(of, 0.1) else {}


def _value(schema: Any, root: Any, of: random.Random, depth: int) -> Any:
    if not isinstance(schema, dict) or depth <= 0:
        return scalar(of) if often(of, 0.3) else "a"
    if isinstance(reference := schema.get("$ref"), str):
        return _value(_target(root, reference), root, of, depth - 1)
    for keyword in ("enum", "anyOf", "oneOf", "allOf", "extends"):
        choices = schema.get(keyword)
        if isinstance(choices, list) and choices and "properties" not in schema:
            chosen = of.choice(choices)
            return chosen if keyword == "enum" else _value(chosen, root, of, depth - 1)
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type", "object" if "properties" in schema else "any")
    if isinstance(kind, list):
        kind = of.choice(kind) if kind else "any"
    return _of_kind(kind, schema, root, of, depth)


def _of_kind(kind: Any, schema: dict[str, Any], root: Any, of: random.Random, depth: int) -> Any:
    if isinstance(kind, dict):
        return _value(kind, root, of, depth - 1)
    if kind == "object":
        return _object(schema, root, of, depth)
    if kind == "array":
        return _array(schema, root, of, depth)
    if kind == "integer":
        return _integer(schema, of)
    if kind == "number":
        return of.choice(
            [1, 0.5, 2.25, of.randrange(1_000), of.choice(FLOATS), of.choice(INTEGERS)]
        )
    if kind == "boolean":
        return often(of, 0.5)
    if kind == "string":
        if often(of, 0.04):
            return border_text(of)
        return "abc" if "pattern" in schema or often(of, 0.6) else of.choice([*TEXTS, *TIMES])
    if kind == "null":
        return None
    return [border_text(of)] if often(of, 0.05) else anything(of, 2)


def _integer(schema: dict[str, Any], of: random.Random) -> Any:
    low, high = schema.get("minimum", 0), schema.get("maximum", 1_000)
    if type(low) is int and type(high) is int and low <= high:
        return of.randint(low, min(high, low + 1_000))
    if often(of, 0.05):
        return of.choice([2**63, -(2**63) - 1, 2**64, 10**25, 9.3e18])
    return of.choice([1, 5, 10**10, 2**63 - 1, -(2**63), 2**53 + 1, 1.0])


def _object(schema: dict[str, Any], root: Any, of: random.Random, depth: int) -> dict[str, Any]:
    properties = schema.get("properties")
    made: dict[str, Any] = {}
    if depth <= 0:
        return made
    if isinstance(properties, dict):
        listed = schema.get("required")
        for key, part in properties.items():
            wanted = isinstance(part, dict) and part.get("required") is True
            wanted = wanted or (isinstance(listed, list) and key in listed)
            if wanted or often(of, 0.7):
                made[key] = _value(part, root, of, depth - 1)
    if "timestamp" in made and often(of, 0.7):
        made["timestamp"] = of.choice(MOMENTS)
    return made | _more(schema, root, of, depth)


def _more(schema: dict[str, Any], root: Any, of: random.Random, depth: int) -> dict[str, Any]:
    """Return keys that the properties of an object do not name, where it may have any."""
    made: dict[str, Any] = {}
    patterns = schema.get("patternProperties")
    if isinstance(patterns, dict) and patterns:
        pattern, part = of.choice([*patterns.items()])
        made["x_a" if pattern == "^x_" else "a" * of.choice([1, 5, 26, 30]) + "!"] = 1
        if pattern == "^x_":
            made["x_a"] = _value(part, root, of, depth - 1)
    # The root of draft 3 is closed; nested objects are not.
    further = schema.get("additionalProperties", None if schema is root else {})
    if further not in (None, False) and often(of, 0.4):
        key = name(of, 0.3)
        named = schema.get("properties")
        if not isinstance(named, dict) or key not in named:
            made[key] = _value(further, root, of, depth - 1)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(keyword, []) if isinstance(schema.get(keyword), list) else []:
            if isinstance(part, dict) and "properties" in part:
                made = _object(part, root, of, depth - 1) | made
    return made


def _array(schema: dict[str, Any], root: Any, of: random.Random, depth: int) -> list[Any]:
    items = schema.get("items", {})
    if isinstance(items, list):
        return [_value(item, root, of, depth - 1) for item in items]
    return [_value(items, root, of, depth - 1) for _ in range(of.choice([0, 1, 1, 2, 3]))]


def _target(root: Any, reference: str) -> Any:
    found = root
    for part in reference.split("/")[1:]:
        found = (
            found.get(part.replace("~1", "/").replace("~0", "~"))
            if isinstance(found, dict)
            else None
        )
    return found


def changed(event: Any, of: random.Random) -> Any:
    """Return an event with something in one place of it that its schema may not want."""
    if not isinstance(event, dict | list) or not event or often(of, 0.15):
        return odd(of)
    if isinstance(event, list):
        at = of.randrange(len(event))
        return [*event[:at], changed(event[at], of), *event[at + 1 :]]
    key = of.choice([*event])
    match of.randrange(6):
        case 0:
            return {k: v for k, v in event.items() if k != key}
        case 1:
            return event | {name(of, 0.5): odd(of)}
        case 2:
            return Pairs([*event.items(), (key, odd(of))])
        case _:
            return event | {key: changed(event[key], of)}


def odd(of: random.Random) -> Any:
    """Return what goes wrong somewhere."""
    makes: list[Callable[[random.Random], Any]] = [scalar, anything, deep, long_text, _raw]
    return of.choices(makes, [12, 3, 0.5, 0.5, 4])[0](of)


def _raw(of: random.Random) -> Raw:
    return Raw(of.choice(RAW))


def json_text(value: Any) -> str:
    """Return JSON text; what is Raw or Pairs as it was meant."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{json.dumps(k)}:{json_text(v)}" for k, v in value) + "}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(k)}:{json_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(json_text(item) for item in value) + "]"
    if isinstance(value, str):
        return _quoted(value)
    return str(value) if type(value) is int else json.dumps(value)


def _quoted(text: str) -> str:
    # Both ways that a character can be written.
    return json.dumps(text, ensure_ascii=len(text) % 2 == 0)
