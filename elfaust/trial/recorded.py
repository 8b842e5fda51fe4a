"""Recorded lines without end: those of cases.jsonl again and again, each with a number of its own.

One line in twenty is one that EventLogging refused. The numbers (seqId) make every valid line an
event of its own; which line comes when depends on its number alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from elfaust.records import SchemaKey

#: Recorded cases, one JSON object a line: `format`, `line`, `outcome`, and `event` if it is valid.
RECORDED = Path(__file__).with_name("cases.jsonl")
#: Every n-th line is an invalid one.
INVALID_EVERY = 20
#: A number that fits no column is a case of its own, not of a recorded day.
PAST_64_BITS = str(2**63)


class Line(NamedTuple):
    """A recorded line in two parts, between which its number goes."""

    kind: str
    before: bytes
    after: bytes
    key: SchemaKey


class Refused(NamedTuple):
    """A recorded line that is not valid, and EventLogging's verdict."""

    kind: str
    line: bytes
    code: str


@cache
def cases() -> tuple[list[Line], list[Refused]]:
    """Return the valid and the invalid lines; server-side ones have kind `server`."""
    valid, invalid = [], []
    for text in RECORDED.read_text(encoding="utf-8").splitlines():
        case = json.loads(text)
        kind = "client" if case["format"].startswith("%q") else "server"
        line = case["line"].encode("utf-8", "surrogateescape")
        if case["outcome"] != "valid":
            invalid.append(Refused(kind, line, case["outcome"]))
        elif (parts := _split(kind, line)) and PAST_64_BITS not in case["line"]:
            key = SchemaKey(case["event"]["schema"], case["event"]["revision"])
            valid.append(Line(kind, *parts, key))
    return valid, invalid


def _split(kind: str, line: bytes) -> tuple[bytes, bytes] | None:
    """Return what stands before and after a line's number, None if it is in the event too."""
    if b"seqId" in line:
        return None
    if kind == "server":
        number, blank, rest = line.partition(b" ")
        return (b"", blank + rest) if number.isdigit() else None
    fields = line.split(b"\t")
    if len(fields) != 6:
        return None
    return b"\t".join(fields[:2]) + b"\t", b"\t@\t" + b"\t".join(fields[4:])


def recorded_lines(
    count: int, start: int = 0, base_time: float = 0.0
) -> Iterator[tuple[str, bytes]]:
    """Yield `count` lines with their kinds, `client` or `server`, the first of number `start`.

    `base_time` (Unix seconds) is the time that client-side lines carry.
    """
    valid, invalid = cases()
    moment = datetime.fromtimestamp(base_time, UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()
    lines = [
        (kind, before, after.replace(b"\t@\t", b"\t" + moment + b"\t", 1))
        for kind, before, after, _ in valid
    ]
    for number in range(start, start + count):
        if number % INVALID_EVERY == 0:
            refused = invalid[number // INVALID_EVERY % len(invalid)]
            yield refused.kind, refused.line
        else:
            kind, before, after = lines[number % len(lines)]
            yield kind, b"%s%d%s" % (before, number, after)
