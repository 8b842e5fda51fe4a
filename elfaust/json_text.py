"""JSON as events carry it: percent-encoded or plain, decoded by one rule for each of its corners.

The rules are in docs/reference.md, "JSON's corners"; they are EventLogging's wherever all of Kafka,
MySQL and Parquet can hold what it took.
"""

from __future__ import annotations

import json
import math
from binascii import a2b_qp
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from elfaust.words.hints import step

#: Deeper JSON can be read and not written again, by orjson.
WRITABLE_DEPTH = 254
#: JSON nested deeper than this is refused.
MAX_DEPTH = 40
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
MAX_KEYS = 1_000
#: Longer integers pass a double, which is how most readers of JSON take them.
MAX_DIGITS = 308
#: The digits of the shortest integer that may pass 64 bits, every digit made a 0.
LONG_NUMBER = b"0" * 19
AS_DIGITS = bytes(
    ord("0") if chr(byte).isascii() and chr(byte).isdigit() else byte for byte in range(256)
)
#: What stands in a query for a byte that quoted-printable has a rule of its own for.
ODD = b"\1"
#: `%XX` as quoted-printable writes it, `=XX`; a `+` is a space.
QUOTED_PRINTABLE = bytes(
    {0x25: 0x3D, 0x2B: 0x20}.get(byte, byte if 0x20 < byte < 0x7F and byte != 0x3D else ODD[0])
    for byte in range(256)
)
#: orjson makes a float of an integer past 64 bits.
INEXACT = 2.0**63


class _Inexact(Exception):
    """A float that may have been sent as an integer."""


class _NoNumberStands(Exception):
    """A text has a number that no store can hold."""


class Unreadable(ValueError):
    """A number that no store can hold, and its JSON path; "" where that is not known."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.path = path

    def __repr__(self) -> str:
        # Errors are worded as EventLogging worded them.
        return f"ValueError({str(self)!r})"


class _NoNumber(str):
    """Why what stands here is no number."""


def decode_query(query: str, max_keys: int = MAX_KEYS) -> Any:
    """Return the JSON of a query string, `?<percent-encoded JSON>;`.

    A `+` is a space, an escape that is cut stays as it stands. Raises ValueError as `decode_json`.
    """
    text = query.strip("?;").encode()
    # Compiled, and an eighth of what urllib takes; each escape that is one makes three bytes one.
    data = a2b_qp(text.translate(QUOTED_PRINTABLE))
    if ODD in data or len(text) - len(data) != 2 * text.count(b"%"):
        data = unquote_to_bytes(text.replace(b"+", b" "))
    return decode_json(data, max_keys)


def decode_json(data: bytes, max_keys: int = MAX_KEYS) -> Any:
    """Return the value of JSON text; integers are exact, of doubled keys the last one counts.

    Raises ValueError for what is no JSON that every stage can write again (NaN and infinities,
    lone surrogates, what is not UTF-8), and, naming the limit, for what is too deep or has too
    many keys; it is Unreadable where it has a path.
    """
    try:
        value = orjson.loads(data)
        if is_plain(data, max_keys):
            return value
        keys = _keys(value, MAX_DEPTH)
    except (orjson.JSONDecodeError, _Inexact):
        value = decode_odd(data.decode())
        keys = _keys(value, MAX_DEPTH, any_float=True)
    if keys > max_keys:
        raise ValueError(f"more keys than processor.max_keys, {max_keys}")
    return value


def is_plain(data: bytes, max_keys: int) -> bool:
    """Tell from its bytes that JSON passes no limit; a walk over it costs ten times as much."""
    bare = data.translate(AS_DIGITS, b"{[,")
    if len(data) - len(bare) <= min(MAX_DEPTH, max_keys) and LONG_NUMBER not in bare:
        return True
    # Without their commas numbers of an array look like one.
    opened = data.count(b"{") + data.count(b"[")
    return (
        opened <= MAX_DEPTH
        and opened + data.count(b",") <= max_keys
        and LONG_NUMBER not in data.translate(AS_DIGITS)
    )


def decode_odd(text: str) -> Any:
    """Return the value of JSON text that orjson does not read, or not exactly.

    Raises ValueError as `decode_json`, which looks at the limits.
    """
    try:
        value = _decode(text)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    encode(value)
    return value


def _decode(text: str) -> Any:
    try:
        if not text.startswith("\ufeff"):
            return _EXACT.decode(text)
    except _NoNumberStands:
        pass
    return _refuse_numbers(text)


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _NoNumberStands
    return int(digits)


def _finite(sent: str) -> float:
    number = float(sent)
    if not math.isfinite(number):
        raise _NoNumberStands
    return number


#: `json.loads` makes a decoder for each text.
_EXACT = json.JSONDecoder(parse_constant=_finite, parse_float=_finite, parse_int=_whole)


def _refuse_numbers(text: str) -> Any:
    """Read JSON text in which something is wrong, or a number that no store holds.

    Raises Unreadable for such a number where nothing else is wrong.
    """
    refused = list[_NoNumber]()

    def no_number(why: str) -> _NoNumber:
        refused.append(_NoNumber(why))
        return refused[-1]

    def whole(digits: str) -> int | _NoNumber:
        if len(digits) <= MAX_DIGITS:
            return int(digits)
        try:
            int(digits)
        except ValueError as error:
            # EventLogging refused this too, with these words.
            return no_number(str(error))
        limit = f"no store holds more than {MAX_DIGITS}"
        return no_number(f"a number of {len(digits)} digits: {limit}")

    def constant(sent: str) -> float | _NoNumber:
        number = float(sent)
        return number if math.isfinite(number) else no_number(f"{sent} is not JSON")

    value = json.loads(text, parse_constant=constant, parse_float=constant, parse_int=whole)
    if refused:
        # The first that stands in the value; doubled keys may hide it.
        found = (leaf for leaf in leaves(value, "$") if isinstance(leaf[1], _NoNumber))
        path, why = next(found, ("", refused[0]))
        raise Unreadable(why, path)
    return value


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield what in a value is no object and no array, each with its JSON path below `path`."""
    if isinstance(value, dict):
        for key, of in value.items():
            yield from leaves(of, path + step(key))
    elif isinstance(value, list):
        for index, of in enumerate(value):
            yield from leaves(of, f"{path}[{index}]")
    else:
        yield path, value


def _keys(value: Any, levels: int, any_float: bool = False) -> int:
    """Return how many keys and array items there are in a value."""
    kind = type(value)
    if kind is not dict and kind is not list:
        if kind is float and not (any_float or -INEXACT < value < INEXACT):
            raise _Inexact
        return 0
    if not levels:
        raise ValueError(TOO_DEEP)
    keys = len(value)
    for item in value.values() if kind is dict else value:
        # The call is worth sparing: most items are neither.
        if type(item) in NOT_PLAIN:
            keys += _keys(item, levels - 1, any_float)
    return keys


NOT_PLAIN = frozenset((dict, list, float))


def encode(value: Any) -> bytes:
    """Return a value as JSON text in UTF-8.

    Raises ValueError for lone surrogates, for what has no JSON and for what is nested too deep.
    """
    try:
        return orjson.dumps(value)
    except TypeError as error:
        if "Recursion" in str(error):
            raise ValueError(f"nested deeper than {WRITABLE_DEPTH} levels") from error
        if "64-bit" not in str(error):
            raise ValueError(str(error)) from error
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
