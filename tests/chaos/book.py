"""The book of a campaign: what was sent, and what may become of each line."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import NamedTuple

#: What may become of a line: an event, or an error of a code.
EVENT, UNRESOLVED = "event", "unresolved"
ANY = frozenset({EVENT, "processor", "validation", "consumer", UNRESOLVED})


class Line(NamedTuple):
    """A raw line, its kind, and what may become of it."""

    kind: str
    line: bytes
    may: frozenset[str]


def digest(line: bytes) -> bytes:
    """Return what a line is known by; it is short, for there are many."""
    return hashlib.blake2b(line, digest_size=12).digest()


class Book:
    """What was sent: how often each line, and what may become of it."""

    def __init__(self) -> None:
        self.sent = Counter[bytes]()
        self.may: dict[bytes, frozenset[str]] = {}
        #: Requests to the intake: all, and those that it has taken.
        self.asked = self.taken = 0

    def note(self, one: Line) -> None:
        """Note a line that is sent now."""
        known = digest(one.line)
        self.sent[known] += 1
        self.may[known] = self.may.get(known, frozenset()) | one.may
