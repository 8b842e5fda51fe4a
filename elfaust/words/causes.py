"""Why a value does not fit its schema, in words for people: what it is, and what it may be.

`hints.py` says what to change. The messages of `jsonschema` show values as Python writes them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from elfaust.words.hints import Misfit, missing_property

#: Characters of a value that a sentence shows.
SHOWN = 80
#: What there is in JSON, by Python's types; those before others that they are, too.
KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (str, "a text"),
    (int, "a number"),
    (float, "a number"),
    (list, "an array"),
    (dict, "an object"),
)

#: `json.dumps` would make an encoder for each value.
_encode = json.JSONEncoder(ensure_ascii=False).encode


def shown(value: Any) -> str:
    """Return what was sent as JSON, cut; as its text where it has no JSON."""
    try:
        text = _encode(value)
    except (TypeError, ValueError, RecursionError):
        text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def kind_of(value: Any) -> str:
    """Return what kind of JSON a value is, with its article."""
    if value is None:
        return "null"
    return next((words for kind, words in KINDS if isinstance(value, kind)), "no JSON")


def cause(error: Misfit, path: str) -> str:
    """Return what is wrong at a path of an event, as one sentence without an end."""
    make = CAUSES.get(str(error.validator))
    if make is None:
        return f"{path} does not fit its schema: {shown(error.instance)}"
    return f"{path} {make(error)}"


def _not_of_type(error: Misfit) -> str:
    types = error.validator_value
    names = types if isinstance(types, list) else [types]
    wanted = " or ".join(name if isinstance(name, str) else "another schema" for name in names)
    value = error.instance
    is_what = kind_of(value) if isinstance(value, dict | list) or value is None else shown(value)
    return f"is {is_what}, and its schema wants {wanted}"


def _not_named(error: Misfit) -> str:
    named = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    sent: Any = error.instance
    names = sorted(str(name) for name in sent if name not in named)
    told = ", ".join(shown(name) for name in names[:5])
    return f"has what its schema does not name: {told}{', ...' if len(names) > 5 else ''}"


def _length(error: Misfit, of: str, too: str) -> str:
    sent: Any = error.instance
    return f"has too {too} {of}: {len(sent)}"


def _missing(error: Misfit) -> str:
    return "is missing" if missing_property(error) is not None else "lacks what is required"


#: Keyword: what is said after the path.
CAUSES: dict[str, Callable[[Misfit], str]] = {
    "required": _missing,
    "type": _not_of_type,
    "enum": lambda error: f"is {shown(error.instance)}, which its schema does not list",
    "const": lambda error: f"is {shown(error.instance)}, not {shown(error.validator_value)}",
    "additionalProperties": _not_named,
    "minimum": lambda error: f"is {shown(error.instance)}, below {shown(error.validator_value)}",
    "maximum": lambda error: f"is {shown(error.instance)}, above {shown(error.validator_value)}",
    "minLength": lambda error: _length(error, "characters", "few"),
    "maxLength": lambda error: _length(error, "characters", "many"),
    "minItems": lambda error: _length(error, "items", "few"),
    "maxItems": lambda error: _length(error, "items", "many"),
    "uniqueItems": lambda error: "has an item twice",
    "pattern": lambda error: (
        f"is {shown(error.instance)}, which is not of the pattern that its schema has"
    ),
    "disallow": lambda error: f"is {kind_of(error.instance)}, which its schema does not allow",
    "dependencies": lambda error: "lacks a property that another one of it requires",
    "divisibleBy": lambda error: (
        f"is {shown(error.instance)}, no multiple of {shown(error.validator_value)}"
    ),
    "multipleOf": lambda error: (
        f"is {shown(error.instance)}, no multiple of {shown(error.validator_value)}"
    ),
}
