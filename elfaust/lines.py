"""Raw line formats ("%q %{recvFrom}s %{seqId}d %D %{ip}i %u") compiled to parsers.

The language is varnishncsa's as EventLogging's parse.py reads it: a space in a format matches any
white space, each specifier a field, and the JSON capsule's own fields are laid over those of the
line. The client format has a fast path that splits at tabs and gives the same answers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

import orjson
from yarl import URL

from elfaust.capsule import datetime_of_ncsa
from elfaust.errors import EventFault

Capsule = dict[str, Any]

#: Specifier: pattern of the field, its name unless {name} is given, what it is cast to.
SPECIFIERS: dict[str, tuple[str, str, Callable[[str], Any]]] = {
    "d": (r"\d+", "", int),
    "D": (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", "dt", lambda text: f"{text}Z"),
    "h": (r"\S+", "clientIp", str),
    "i": (r"[^\t]+", "", str),
    "j": (r"\S+", "capsule", lambda text: decode_json(text.encode("utf-8", "surrogateescape"))),
    "l": (r"\S+", "omitted_l", str),
    "n": (r"\S+", "omitted_n", str),
    "o": (r"\S+", "omitted_o", str),
    "q": (r"\?\S+", "capsule", lambda text: decode_query(text)),
    "s": (r"\S+", "", str),
    "t": (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", "timestamp", datetime_of_ncsa),
    "u": (r"[^\t]+", "userAgent", str),
}
SPECIFIER = re.compile(r"%(?:\{(?P<name>\w+)\})?(?P<letter>[A-Za-z])")
CLIENT_FORMAT = "%q %{recvFrom}s %{seqId}d %D %{ip}i %u"
#: What is left of a line that is no JSON: enough to tell whose event it was (EventLogging's way).
SCHEMA_OF = re.compile(rb'(?:%22|")schema(?:%22|")(?:%3A|:)\s*(?:%22|")(.*?)(?:%22|")')
REVISION_OF = re.compile(rb'(?:%22|")revision(?:%22|")(?:%3A|:)\s*(-?\d{1,18})(?!\d)')
#: Capsule fields of old clients that EventLogging leaves out.
DROPPED = ("clientValidated", "isTruncated")
#: JSON nested deeper than this is refused: writers give up at 254 levels.
MAX_DEPTH = 40


class LineParser:
    """Parses the lines of one format."""

    def __init__(self, line_format: str) -> None:
        """Compile a format; raises ValueError for a specifier that does not exist."""
        self._casters: dict[str, Callable[[str], Any]] = {}
        pattern = SPECIFIER.sub(self._field, re.sub(r"\s+", " ", line_format.strip()))
        self._pattern = re.compile(pattern.replace(" ", r"\s+"))
        self._fast = line_format == CLIENT_FORMAT

    def _field(self, match: re.Match[str]) -> str:
        letter = match["letter"]
        if letter not in SPECIFIERS:
            raise ValueError(f"no specifier %{letter} in line formats")
        pattern, default, cast = SPECIFIERS[letter]
        name = match["name"] or default
        if not name:
            raise ValueError(f"%{letter} needs a name, as in %{{seqId}}{letter}")
        self._casters[name] = cast
        return f"(?P<{name}>{pattern})"

    def parse(self, line: bytes) -> Capsule:
        """Return the capsule of a raw line.

        Raises EventFault, code `processor`, for a line that does not fit the format, is not
        UTF-8, or holds no JSON object.
        """
        try:
            text = line.decode("utf-8", "surrogateescape")
            capsule = self._split(text) if self._fast else None
            return capsule if capsule is not None else self._match(text)
        except EventFault:
            raise
        except (ValueError, RecursionError) as error:
            schema, revision = whose(line)
            raise EventFault("processor", repr(error), schema, revision) from error

    def _split(self, text: str) -> Capsule | None:
        """Return what the pattern would, or None where only the pattern can tell."""
        fields = text.split("\t")
        if len(fields) != 6:
            return None
        query, host, number, moment, address, agent = fields
        if (
            not number.isascii()
            or not number.isdigit()
            or not DATE.fullmatch(moment)
            or query[:1] != "?"
            or len(query) < 2
            or not host
            or not address
            or not agent
            or agent[0].isspace()
            or len(query.split(None, 1)[0]) != len(query)
            or len(host.split(None, 1)[0]) != len(host)
        ):
            return None
        capsule = {
            "recvFrom": host,
            "seqId": int(number),
            "dt": f"{moment}Z",
            "ip": address,
            "userAgent": agent,
        }
        return _overlay(capsule, decode_query(query))

    def _match(self, text: str) -> Capsule:
        match = self._pattern.match(text)
        if match is None:
            raise ValueError(self._pattern.pattern, text[:200])
        fields = {name: self._casters[name](value) for name, value in match.groupdict().items()}
        capsule = {k: v for k, v in fields.items() if not k.startswith("omitted_")}
        return _overlay(capsule, capsule.pop("capsule"))


DATE = re.compile(SPECIFIERS["D"][0], re.ASCII)


def _overlay(capsule: Capsule, given: Any) -> Capsule:
    if not isinstance(given, dict):
        shown = given if isinstance(given, list) else type(given).__name__
        raise ValueError("capsule was successfully parsed, but not as an object.", shown)
    capsule.update(given)
    for name in DROPPED:
        capsule.pop(name, None)
    return capsule


def decode_query(query: str) -> Any:
    """Return the JSON of a query string, `?<percent-encoded JSON>;`.

    Raises ValueError for what is not UTF-8 or not JSON.
    """
    text = query.strip("?;").replace("+", " ")
    # yarl's unquoter is compiled and leaves what it cannot decode, which the JSON then shows.
    decoded = URL.build(fragment=text, encoded=True).fragment
    if "%" in decoded or not text.isascii():
        decoded_bytes = unquote_to_bytes(text)
        return decode_json(decoded_bytes)
    return decode_json(decoded.encode())


def unquote_to_bytes(text: str) -> bytes:
    """Decode percent escapes to bytes, as urllib does; cut escapes stay as they are."""
    from urllib.parse import unquote_to_bytes as unquote

    return unquote(text.encode("utf-8", "surrogateescape"))


def decode_json(data: bytes) -> Any:
    """Return the value of JSON text.

    Raises ValueError for what is no JSON that every stage can write again: NaN and infinities,
    lone surrogates, integers past 64 bits, nesting deeper than MAX_DEPTH.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        # The standard library words the error; what it accepts beyond JSON is refused.
        value = json.loads(
            data.decode("utf-8"), parse_constant=_refuse, parse_int=_integer, parse_float=_finite
        )
        orjson.dumps(value)
    check_depth(value)
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _integer(text: str) -> int:
    if len(text) > 20:
        raise ValueError(f"an integer of {len(text)} digits does not fit 64 bits")
    return int(text)


def check_depth(value: Any, left: int = MAX_DEPTH) -> None:
    """Raise ValueError when a value is nested deeper than `left` levels."""
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, list):
        inner = value  # type: ignore[assignment]
    else:
        return
    if not left:
        raise ValueError(f"JSON is nested deeper than {MAX_DEPTH} levels")
    for item in inner:
        if isinstance(item, dict | list):
            check_depth(item, left - 1)


def whose(line: bytes) -> tuple[str, int]:
    """Return the schema and revision that a raw line names, `unknown` and -1 if it does not."""
    schema, revision = SCHEMA_OF.search(line), REVISION_OF.search(line)
    if schema is None or revision is None:
        return "unknown", -1
    return schema[1].decode("utf-8", "replace")[:63] or "unknown", int(revision[1])
