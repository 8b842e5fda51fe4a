"""JSON as events carry it: percent-encoded or plain, decoded by one rule for each of its corners.

The rules are in docs/reference.md, "JSON's corners"; they are EventLogging's wherever all of Kafka,
MySQL and Parquet can hold what it took.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

import orjson
from yarl import URL

#: JSON nested deeper than this is refused: writers give up at 254 levels.
MAX_DEPTH = 40
#: More digits than 64 bits surely hold: orjson would make a float of them.
LONG_NUMBER = re.compile(rb"\d{19}")


def decode_query(query: str) -> Any:
    """Return the JSON of a query string, `?<percent-encoded JSON>;`.

    A `+` is a space, an escape that is cut stays as it stands. Raises ValueError for what is not
    UTF-8 or not JSON.
    """
    text = query.strip("?;").replace("+", " ")
    # yarl's unquoter is compiled and leaves what it cannot decode, which urllib then decodes.
    decoded = URL.build(fragment=text, encoded=True).fragment
    if "%" in decoded or not text.isascii():
        return decode_json(unquote_to_bytes(text.encode("utf-8", "surrogateescape")))
    return decode_json(decoded.encode())


def decode_json(data: bytes) -> Any:
    """Return the value of JSON text; integers are exact, of doubled keys the last one counts.

    Raises ValueError for what is no JSON that every stage can write again: NaN and infinities,
    lone surrogates, what is not UTF-8.
    """
    try:
        value = orjson.loads(data)
        if LONG_NUMBER.search(data) is None:
            return value
    except orjson.JSONDecodeError:
        # EventLogging's words, if it refused this too.
        json.loads(data.decode("utf-8"))
    value = json.loads(data.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    encode(value)
    return value


def encode(value: Any) -> bytes:
    """Return a value as JSON text in UTF-8.

    Raises ValueError for lone surrogates and for what has no JSON.
    """
    try:
        return orjson.dumps(value)
    except TypeError as error:
        if "64-bit" not in str(error):
            raise ValueError(str(error)) from error
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def check_limits(value: Any, max_keys: int) -> None:
    """Raise ValueError, naming the limit, for JSON that is too deep or has too many keys."""
    if _keys(value, MAX_DEPTH) > max_keys:
        raise ValueError(f"more keys than processor.max_keys, {max_keys}")


def _keys(value: dict[str, Any] | list[Any], levels: int) -> int:
    """Return how many keys and items with members there are in a value."""
    if not levels:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    keys = len(value)
    for item in value.values() if type(value) is dict else value:
        if type(item) is dict or type(item) is list:
            keys += _keys(item, levels - 1)
    return keys
