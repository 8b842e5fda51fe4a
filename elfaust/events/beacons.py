"""What is told of a beacon: that it is long, or that it was sent before anybody saw its page."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

#: The longest query that EventLogging's devserver lets pass, characters.
MAX_QUERY = 900
TOO_LONG = (
    "The beacon's query has {:,} characters: browsers and proxies may cut those of more than {:,}."
)
#: What browsers say in `Sec-Purpose` of pages that are loaded before anybody asks for them, the
#: more telling word first.
PURPOSES = ("prerender", "prefetch")
#: How the `recvFrom` of an intake ends where it was told that; it outlives Kafka and the spool.
_MARK = re.compile(rf"\S+-[0-9a-f]{{12}}-({'|'.join(PURPOSES)})")
_MARK_IN_LINE = re.compile(rf"\s{_MARK.pattern}\s")


def query_of(event: Any) -> str:
    """Return the query of a beacon that carries an event."""
    return f"?{quote(json.dumps(event, separators=(',', ':')))};"


def length_warning(query: str) -> str:
    """Return what whoever sends a query should know of its length, "" where that is nothing."""
    length = len(query.removeprefix("?"))
    return TOO_LONG.format(length, MAX_QUERY) if length > MAX_QUERY else ""


def purpose_of(header: str) -> str:
    """Return what a header `Sec-Purpose` says, one of PURPOSES or ""."""
    return next((purpose for purpose in PURPOSES if purpose in header), "")


def purpose_by(recv_from: str) -> str:
    """Return the purpose with which an intake has marked a `recvFrom`, "" for none."""
    found = _MARK.fullmatch(recv_from)
    return found[1] if found else ""


def purpose_in(line: str) -> str:
    """Return the purpose that the `recvFrom` of a raw line says, "" for none."""
    # A client's own words, the query, have no white space before them.
    found = _MARK_IN_LINE.search(line)
    return found[1] if found else ""
