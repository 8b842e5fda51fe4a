"""What a processor notes beside a lane's committed offset, so that its successor judges the same.

Kafka keeps a text with each committed offset. Here it holds, as JSON without blanks,

    {"topic": id,                    of the raw topic that the offset is of
     "seen": {digest: position},     how far each forwarder's lines have come, before the offset
     "base": offset,                 the offset
     "unknown": bits,                lines from it on that were judged while no schema was known
     "open": bits}                   which of those were given up without an answer

Bits are a map of the offsets from `base` on, packed (zlib, base 85).
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

#: Forwarders whose positions are kept; the one that has been silent longest is forgotten first.
MAX_SOURCES = 16
#: And in memory: any client of Kafka's can make up names.
MAX_KNOWN = 256
#: Kafka's own limit of such a text, bytes (offset.metadata.max.bytes).
MAX_BYTES = 4_096
#: Offsets that a map of bits may span: a text of somebody else may unpack to any number.
MAX_SPAN = 1_000_000


@dataclass
class Note:
    """How a lane stands at a committed offset.

    `seen` is the highest position of each forwarder's source, by `identity_of` it; `decided` says
    of raw lines, by offset, that they were refused because no schema was known, and whether (True)
    they were given up; `topic` is the id of the raw topic, empty where nobody has noted it.
    """

    seen: dict[str, int] = field(default_factory=dict)
    decided: dict[int, bool] = field(default_factory=dict)
    topic: str = ""

    def encode(self, base: int) -> str:
        """Return the text to commit with offset `base`; what was decided before it is left out."""
        note: dict[str, Any] = {"topic": self.topic} if self.topic else {}
        if self.seen:
            note["seen"] = dict(list(self.seen.items())[-MAX_SOURCES:])
        decided = {offset: given_up for offset, given_up in self.decided.items() if offset >= base}
        if decided:
            note["base"] = base
            note["unknown"] = _packed(offset - base for offset in decided)
            note["open"] = _packed(
                offset - base for offset, given_up in decided.items() if given_up
            )
        return json.dumps(note, separators=(",", ":")) if note else ""

    def saw(self, source: str, position: int) -> bool:
        """Note a line of a forwarder's; False if it was seen before: its forwarder repeats it."""
        identity = identity_of(source)
        if position <= self.seen.get(identity, -1):
            return False
        self.seen.pop(identity, None)
        self.seen[identity] = position
        if len(self.seen) > MAX_KNOWN:
            del self.seen[next(iter(self.seen))]
        return True


@lru_cache(maxsize=1024)
def identity_of(source: str) -> str:
    """Return by what a forwarder's source is known in a note: a digest of its whole name.

    Two hosts may have one spool's identity, where a machine was cloned with its state.
    """
    return hashlib.blake2b(source.encode(), digest_size=6).hexdigest()


def decode(text: str) -> Note:
    """Return the note of a text that `encode` wrote, an empty one for any other text.

    Somebody who sets offsets back by hand leaves none, or one of their own.
    """
    try:
        return _decode(json.loads(text))
    except Exception:
        # Whatever it is that somebody has left there: a worker must not end on it again and again.
        return Note()


def _decode(note: Mapping[str, Any]) -> Note:
    seen = {identity: _offset(position) for identity, position in note.get("seen", {}).items()}
    topic = note.get("topic", "")
    if not isinstance(topic, str):
        raise TypeError(f"{topic!r:.80} is no id of a topic")
    if "base" not in note:
        return Note(seen, topic=topic)
    base, given_up = _offset(note["base"]), set(_unpacked(note["open"]))
    return Note(seen, {base + n: n in given_up for n in _unpacked(note["unknown"])}, topic)


def _offset(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError(f"{value!r:.80} is no offset")
    return value


def _packed(numbers: Iterable[int]) -> str:
    bits = bytearray()
    for number in sorted(numbers):
        bits.extend(bytes(number // 8 + 1 - len(bits)))
        bits[-1] |= 1 << number % 8
    return base64.b85encode(zlib.compress(bits, 9)).decode()


def _unpacked(text: str) -> list[int]:
    unpacking = zlib.decompressobj()
    bits = unpacking.decompress(base64.b85decode(text), MAX_SPAN // 8)
    if not unpacking.eof:
        raise ValueError(f"more than {MAX_SPAN} bits, or only a part of them")
    return [
        8 * at + bit for at, byte in enumerate(bits) if byte for bit in range(8) if byte >> bit & 1
    ]
