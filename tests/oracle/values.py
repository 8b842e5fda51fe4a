"""JSON as the stores' readers see it: exact, compared without tolerance."""

from __future__ import annotations

import json
import math
import struct
from datetime import UTC, datetime
from typing import Any, NamedTuple

#: The largest FLOAT of MySQL and of IEEE 754.
MAX_FLOAT = struct.unpack(">f", b"\x7f\x7f\xff\xff")[0]
#: Timestamps above this are milliseconds (EventLogging's rule).
MILLISECONDS_ABOVE = 10**12


class Text(NamedTuple):
    """JSON text of a value is wanted; a string stands as it is.

    `rounded` says that of its numbers the nearest doubles count: those of a list's typed items.
    """

    value: Any
    rounded: bool = False


class Missing:
    """What a key that is left out has."""


MISSING = Missing()


def exact(text: str | bytes) -> Any:
    """Return the value of JSON; integers are exact, other numbers doubles, as JSON's readers say.

    Raises ValueError for what is no JSON and for longer integers than Python reads.
    """
    return json.loads(text)


def float32(value: float) -> float:
    """Return the nearest float of 32 bits; raises OverflowError past its range."""
    if abs(double := float(value)) > MAX_FLOAT:
        raise OverflowError(double)
    return float(struct.unpack("f", struct.pack("f", double))[0])


def double(value: float) -> float:
    """Return the nearest double; raises OverflowError past its range."""
    if math.isinf(nearest := float(value)):
        raise OverflowError(nearest)
    return nearest


def is_moment(value: Any) -> bool:
    """Return whether a value of a property named `timestamp` is a number since the epoch."""
    return type(value) in (int, float)


def digits(value: Any) -> str:
    """Return MediaWiki's 14 digits of a moment; raises ValueError where no calendar has it."""
    try:
        seconds = value / 1000 if value > MILLISECONDS_ABOVE else value
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(value) from error
    return f"{moment:%Y%m%d%H%M%S}".rjust(14, "0")


def written(value: Any) -> str:
    """Return a value as a column of text has it: a string as it is, JSON without blanks else."""
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(key)}:{_json(of)}" for key, of in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, float):
        # As short as others write it: 1e-7.
        return repr(value).replace("e-0", "e-")
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def is_held(wanted: Any, got: Any) -> bool:
    """Return whether a store holds what is wanted of it."""
    if isinstance(wanted, Text):
        return _is_text(wanted, got)
    if isinstance(wanted, dict):
        return (
            isinstance(got, dict)
            and wanted.keys() == got.keys()
            and all(is_held(of, got[key]) for key, of in wanted.items())
        )
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) == len(wanted) and all(map(is_held, wanted, got))
    return is_same(wanted, got)


def _is_text(wanted: Text, got: Any) -> bool:
    if not isinstance(got, str) or isinstance(wanted.value, str):
        return bool(got == wanted.value)
    try:
        return is_same(wanted.value, exact(got), wanted.rounded)
    except ValueError:
        return False


def is_same(one: Any, other: Any, rounded: bool = False) -> bool:
    """Return whether two values of JSON are the same: 5 is not 5.0, and 1 is not true.

    Where they are `rounded`, all numbers with one nearest double are the same.
    """
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(is_same(of, other[key], rounded) for key, of in one.items())
        )
    if isinstance(one, list):
        return (
            isinstance(other, list)
            and len(one) == len(other)
            and all(is_same(a, b, rounded) for a, b in zip(one, other, strict=True))
        )
    if rounded and type(one) in (int, float) and type(other) in (int, float):
        return float(one) == float(other)
    return type(one) is type(other) and bool(one == other)
