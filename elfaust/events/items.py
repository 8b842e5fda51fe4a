"""Events as they stand in a text: JSON over any number of lines, arrays, raw lines, beacons."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from elfaust.events.wording import why_unreadable
from elfaust.json_text import MAX_DIGITS, TOO_DEEP
from elfaust.words.causes import kind_of

_BLANKS = re.compile(r"[\s,]*")
_LINE = re.compile(r"[^\n]*")
#: An integer that is longer than Python or a store takes is for the judge to refuse.
DECODER = json.JSONDecoder(
    parse_int=lambda digits: int(digits) if len(digits) <= MAX_DIGITS else float(digits)
)
#: What brackets are counted by, to the end of JSON that is nested too deep to be read; and in how
#: many characters.
_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]]', re.DOTALL)
_MOST_CHARS = 1_000_000
#: A beacon as a browser shows it: its address, and what may stand around that in a request.
_BEACON = re.compile(
    r"\s*(?:GET\s+)?(?P<address>(?:https?://|/)[^\s?]*)?(?P<query>\?\S++)(?:\s+HTTP/[0-9.]+)?\s*"
)
#: What raw lines begin with, and no address does.
RAW = frozenset("?0123456789")
#: Where something new begins after JSON that cannot be read: in a line of JSON stands nothing else
#: at its beginning than a blank, a quote or a bracket that closes.
_AFRESH = re.compile(r"^[^\s\"}\],]", re.MULTILINE)


class Item(NamedTuple):
    """What stands in a text from a line on: an event, a raw line, or with a `fault` neither.

    `text` of an event is its JSON as it was written: numbers and doubled keys are as whoever reads
    it takes them.
    """

    line: int
    text: str
    event: dict[str, Any] | None = None
    fault: str = ""
    #: What stands behind the address of a beacon, "" where there is none.
    query: str = ""

    @property
    def is_json(self) -> bool:
        """Whether it is meant to be JSON, and no raw line."""
        return self.event is not None or bool(self.fault)

    @property
    def data(self) -> bytes:
        """Its text as the bytes that were read."""
        return self.text.encode("utf-8", "surrogateescape")


def decoded(data: bytes) -> str:
    """Return bytes as the text of which items are made."""
    return data.decode("utf-8", "surrogateescape")


def items_of(text: str, queries: bool = False) -> Iterator[Item]:
    """Yield the items of a text, in order.

    `{` begins an event, `[` an array of them, and the address of a beacon is its event. Whatever
    else stands in a line is a raw line; with `queries` a line that is nothing but a query is a
    beacon, too, rather than a raw line that was cut. After JSON that cannot be read it goes on with
    the next line that cannot be part of it.
    """
    line, at = 1, 0
    while at < len(text):
        start = _BLANKS.match(text, at)
        assert start is not None
        # A comma is between the items of an array only.
        begin = start.end() if text[start.end() : start.end() + 1] in ("{", "[") else at
        line, at = line + text.count("\n", at, begin), begin
        if text[at : at + 1] in ("{", "["):
            items, end = _json_at(text, at, line)
            yield from items
        else:
            found = _LINE.match(text, at)
            assert found is not None
            end = found.end() + 1
            if found[0].strip():
                yield _of_line(line, found[0].rstrip("\r"), queries)
        line, at = line + text.count("\n", at, end), end


def _of_line(line: int, text: str, queries: bool) -> Item:
    if not queries and text[:1] in RAW:
        return Item(line, text)
    beacon = _BEACON.fullmatch(text)
    if beacon is None or not (queries or beacon["address"]):
        return Item(line, text)
    query = beacon["query"]
    sent = decoded(unquote_to_bytes(query.strip("?;").replace("+", " ")))
    try:
        return _event(line, sent, DECODER.decode(sent))._replace(query=query)
    except RecursionError:
        return Item(line, sent, fault=TOO_DEEP, query=query)
    except ValueError as error:
        return Item(line, sent, fault=why_unreadable(error), query=query)


def _json_at(text: str, at: int, line: int) -> tuple[list[Item], int]:
    """Return the events of the JSON that begins at a place, and where it ends."""
    value, end, error = _decoded_at(text, at)
    if isinstance(error, RecursionError):
        return list(_too_deep(text, at, end, line)), end
    if error is not None:
        again = _AFRESH.search(text, at + max(1, error.pos))
        end = again.start() if again else len(text)
        own = text[at:end].rstrip()
        why = json.JSONDecodeError(error.msg, own, min(error.pos, len(own)))
        return [Item(line, own, fault=why_unreadable(why))], end
    if isinstance(value, list):
        return list(_in_array(text, at, line)), end
    return [_event(line, text[at:end], value)], end


def _decoded_at(
    text: str, at: int
) -> tuple[Any, int, json.JSONDecodeError | RecursionError | None]:
    """Return the JSON that begins at a place, where it ends, and what is wrong with it.

    As many lines are looked at as it needs: what is wrong with one of a million is no reason to
    read the others.
    """
    size = 1
    while True:
        # No word of JSON goes over the end of a line.
        end = text.find("\n", at + size)
        part = text[at:] if end < 0 else text[at:end]
        try:
            value, length = DECODER.raw_decode(part)
            return value, at + length, None
        except RecursionError as error:
            return None, _closed(text, at) or at + len(part), error
        except json.JSONDecodeError as error:
            if end < 0 or error.pos < len(part.rstrip()):
                return None, at, error
        size = 2 * len(part)


def _in_array(text: str, at: int, line: int) -> Iterator[Item]:
    """Yield the items of an array; raises ValueError where it is none."""
    at += 1
    while True:
        blanks = _BLANKS.match(text, at)
        assert blanks is not None
        line, at = line + text.count("\n", at, blanks.end()), blanks.end()
        if text[at : at + 1] == "]":
            return
        try:
            value, end = DECODER.raw_decode(text, at)
            yield _event(line, text[at:end], value)
        except RecursionError:
            # The array has an end, and so has what is in it.
            end = _closed(text, at) or len(text)
            yield Item(line, text[at:end], fault=TOO_DEEP)
        line, at = line + text.count("\n", at, end), end


def _too_deep(text: str, at: int, end: int, line: int) -> Iterator[Item]:
    """Yield what cannot be read for its depth; of an array only those items that are so deep."""
    if text[at] == "[" and _closed(text, at):
        with suppress(ValueError):
            yield from list(_in_array(text, at, line))
            return
    yield Item(line, text[at:end], fault=TOO_DEEP)


def _closed(text: str, at: int) -> int:
    """Return where JSON ends by its brackets, 0 where it does not, or is long."""
    depth = 0
    for found in _BRACKET.finditer(text, at, at + _MOST_CHARS):
        if found[0] in "{[":
            depth += 1
        elif found[0] in "}]":
            depth -= 1
            if depth <= 0:
                return found.end()
    return 0


def _event(line: int, text: str, value: Any) -> Item:
    if not isinstance(value, dict):
        return Item(line, text, fault=f"the event is {kind_of(value)}, not an object")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return Item(line, text, fault=why_unreadable(error))
    return Item(line, text, value)
