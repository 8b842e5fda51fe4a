"""Values of an answer as plain ones, whichever engine they are of: what JSON can have.

Times have no zone and are in UTC, as Hive writes them; structs are objects with keys in lower case,
as Hive knows them; what JSON has no number for (NaN, infinities, more digits than a double has) is
a text.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any

import orjson

from elfaust.query.refused import Failed

#: Integers that orjson writes; larger ones JSON's other readers could not read exactly either.
LEAST_INT, MOST_INT = -(2**63), 2**64 - 1
#: Levels of lists and objects that orjson writes: 254, with those of the row.
MOST_LEVELS = 250
#: Decimals of the engines have 38 digits.
EXACT = Context(prec=100)


def plain(value: Any, levels: int = MOST_LEVELS) -> Any:
    """Return a value as None, a boolean, a number, a text, or a list or an object of such.

    Raises Failed for one that is nested deeper than `levels`.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _sound(value)
    if isinstance(value, int):
        return value if LEAST_INT <= value <= MOST_INT else str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return _text(bytes(value))
    if isinstance(value, dict | list | tuple):
        return _nested(value, levels)
    return value.isoformat() if isinstance(value, date) else str(value)


def _nested(value: Any, levels: int) -> Any:
    if levels == 0:
        raise Failed(f"a value is nested deeper than {MOST_LEVELS} levels")
    if isinstance(value, dict):
        # A map has keys of any type.
        return {
            as_text(plain(key, levels - 1)): plain(inner, levels - 1)
            for key, inner in value.items()
        }
    return [plain(inner, levels - 1) for inner in value]


def lowered(value: Any) -> Any:
    """Return a plain value with the keys of its objects in lower case."""
    if isinstance(value, dict):
        return {key.lower(): lowered(inner) for key, inner in value.items()}
    return [lowered(inner) for inner in value] if isinstance(value, list) else value


def moment(value: datetime) -> str:
    """Return a time as Hive writes it: `2020-09-13 12:26:40.5`, with no zeros at the end."""
    text = value.replace(tzinfo=None).isoformat(" ")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text + (value.strftime("%z") if value.tzinfo else "")


def as_text(value: Any) -> str:
    """Return a plain value that is not None as text: lists and objects are JSON."""
    if isinstance(value, str):
        return value
    return as_json(value)


def as_json(value: Any) -> str:
    """Return a plain value as JSON on one line."""
    return orjson.dumps(value).decode()


def _number(value: float) -> Any:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _decimal(value: Decimal) -> Any:
    """Return a number where JSON has it with all its digits, else its text."""
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value():
        return plain(int(value))
    number = float(value)
    return number if Decimal(repr(number)) == value else f"{value.normalize(EXACT):f}"


def _sound(text: str) -> str:
    """Return a text with escapes for halves of surrogates, which no UTF-8 has."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()
