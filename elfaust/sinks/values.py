"""What an event says, and whether JSON text says the same: exact, without any tolerance."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

#: What stands at a place whose key is left out; None is an explicit null.
ABSENT: Any = object()
#: orjson makes a float of an integer past 64 bits, the shortest of which has so many digits.
LONG = re.compile(rb"[0-9]{19}")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Timestamps above this are milliseconds (EventLogging's rule).
MILLISECONDS_ABOVE = 10**12
#: What whatever is compared may raise where it is not of the shape that it should have.
STRANGE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def event_of(value: bytes) -> dict[str, Any] | None:
    """Return a record's event with its capsule, integers exact; None for what has no uuid."""
    try:
        capsule = orjson.loads(value)
        if LONG.search(value):
            capsule = json.loads(value)
    except STRANGE:
        return None
    if isinstance(capsule, dict) and isinstance(capsule.get("uuid"), str) and capsule["uuid"]:
        return capsule
    return None


def same_json(one: Any, other: Any, nearest: bool = False) -> bool:
    """Tell whether two values of parsed JSON are the same: 5 is not 5.0, and true is not 1.

    With `nearest`, the float next to an integer past 64 bits stands for it, as in numbers.
    """
    if nearest and type(one) is int and not -(2**63) <= one < 2**64:
        return type(other) is float and float(one) == other
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            same_json(of, other[k], nearest) for k, of in one.items()
        )
    if isinstance(one, list):
        return len(one) == len(other) and all(
            same_json(of, at, nearest) for of, at in zip(one, other, strict=True)
        )
    return bool(one == other)


def is_text_of(value: Any, stored: Any, nearest: bool = False) -> bool:
    """Tell whether a column of text holds a value: a string as it is, all else as JSON."""
    if value is None or isinstance(value, str):
        return type(value) is type(stored) and bool(value == stored)
    return isinstance(stored, str) and same_json(value, json.loads(stored), nearest)


def exact_int(value: Any) -> int:
    """Return the integer that a JSON number is; raises ValueError for one that is none."""
    if type(value) not in (int, float) or value != int(value):
        raise ValueError(f"{value!r:.80} is no integer")
    return int(value)


def moment_of(capsule: dict[str, Any]) -> datetime:
    """Return when an event was, UTC; raises one of STRANGE where it does not say."""
    given = capsule.get("dt")
    return parsed_moment(given) if given else since_epoch(capsule["timestamp"])


def parsed_moment(text: str) -> datetime:
    """Return the moment of a text of ISO 8601, which is UTC unless it says otherwise."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def since_epoch(number: float) -> datetime:
    """Return the moment of a number of seconds or milliseconds since the epoch, UTC."""
    return EPOCH + timedelta(seconds=number / 1000 if number > MILLISECONDS_ABOVE else number)


def digits(moment: datetime) -> str:
    """Return MediaWiki's 14 digits of a moment."""
    return f"{moment.year:04}{moment:%m%d%H%M%S}"


def default_of(schema: Any) -> Any:
    """Return what a schema says a key that is left out stands for; ABSENT where it says nothing.

    A default that is not of its property's type counts for nothing, and so does one with what may
    be an integer past 64 bits, unless it is a number's.
    """
    if not isinstance(schema, dict) or schema.get("default") is None:
        return ABSENT
    if isinstance(schema.get("properties"), dict) and schema["properties"]:
        # Its members have theirs.
        return ABSENT
    default, kinds = schema["default"], schema.get("type")
    if isinstance(kinds, list):
        kinds = [kind for kind in kinds if kind != "null"]
        kinds = kinds[0] if len(kinds) == 1 else None
    wanted = TYPES.get(kinds) if isinstance(kinds, str) else None
    if wanted is not None and type(default) not in wanted:
        return ABSENT
    return default if kinds == "number" or _is_exact(default) else ABSENT


def _is_exact(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_exact, value.values()))
    if isinstance(value, list):
        return all(map(_is_exact, value))
    return not isinstance(value, float) or abs(value) < 2.0**63


TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
}
