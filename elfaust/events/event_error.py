"""EventError: what becomes of an event that was refused (EventLogging's schema EventError)."""

from __future__ import annotations

import hashlib
import socket
from functools import lru_cache

import orjson

from elfaust.errors import EventFault
from elfaust.settings import Processor
from elfaust.times import iso8601

SCHEMA = "EventError"
REVISION = 14035058
HOST = socket.gethostname()
#: Faults are remembered whose texts are together no longer: most faults come again.
REMEMBERED_CHARS = 1_000
_CAPSULE = (
    b'{"event":{"rawEvent":%%b,%%b},"schema":"%b","revision":%d,"wiki":"",'
    b'"uuid":"%%b","recvFrom":%b,"dt":"%%b"}'
) % (SCHEMA.encode(), REVISION, orjson.dumps(HOST).replace(b"%", b"%%"))


def error_event(
    raw: bytes,
    fault: EventFault,
    *,
    origin: str,
    offset: int,
    timestamp: int,
    settings: Processor,
    unknown: bool = False,
) -> bytes:
    """Return the capsule of an EventError as JSON.

    `origin` (topic and lane) and `offset` say which record was refused, `timestamp` (ms) when it
    came in, below 0 where Kafka does not tell (1970 then): a repeated record gives the same bytes.
    The raw event and the message are cut to the lengths of the settings. `unknown` marks an event
    that names a schema which no registry knows: such names have one count together.
    """
    identity = hashlib.sha1(f"{origin}/{offset}".encode(), usedforsecurity=False)
    revision = fault.revision if is_revision(fault.revision) else -1
    texts = fault.message, str(fault.schema), fault.path, fault.hint, fault.cause
    make = _remembered if sum(map(len, texts)) <= REMEMBERED_CHARS else _members
    members = make(texts, fault.code, revision, unknown, settings.error_message_chars)
    sent = orjson.dumps(cut(raw, settings.error_raw_bytes))
    time = iso8601(max(0, timestamp) // 1000).encode()
    return _CAPSULE % (sent, members, identity.hexdigest()[:32].encode(), time)


def _members(texts: tuple[str, ...], code: str, revision: int, unknown: bool, most: int) -> bytes:
    """Return the members of an EventError's event after `rawEvent`, texts of `most` characters."""
    message, schema, path, hint, cause = [storable(text)[:most] for text in texts]
    members: dict[str, object] = {
        "message": message,
        "code": code,
        "schema": schema,
        "revision": revision,
        "path": path,
        "hint": hint,
        "cause": cause,
    }
    if unknown:
        members["unknown"] = True
    return orjson.dumps(members)[1:-1]


_remembered = lru_cache(maxsize=1_024)(_members)


def shortened(value: bytes, most: int) -> bytes:
    """Return an EventError of at most `most` bytes, if it can be: its texts are cut in their order.

    Escapes make a text up to six times as long as its characters are.
    """
    capsule = orjson.loads(value)
    event = capsule["event"]
    for name in ("rawEvent", "message", "cause", "hint", "path"):
        while len(value) > most and event[name]:
            event[name] = event[name][: len(event[name]) // 2]
            value = orjson.dumps(capsule)
    return value


def is_revision(value: object) -> bool:
    """Tell whether a value is an integer that fits 64 bits."""
    return type(value) is int and -(2**63) <= value < 2**63


def cut(raw: bytes, length: int) -> str:
    """Return at most `length` bytes of a line as text, never half a character."""
    if len(raw) > length:
        return raw[:length].decode("utf-8", "ignore")
    return raw.decode("utf-8", "replace")


def storable(text: str) -> str:
    """Return text that can be written as UTF-8: lone surrogates become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
