"""EventError: what becomes of an event that was refused (EventLogging's schema EventError)."""

from __future__ import annotations

import hashlib
import socket

import orjson

from elfaust.errors import EventFault
from elfaust.settings import Processor
from elfaust.times import iso8601

SCHEMA = "EventError"
REVISION = 14035058
HOST = socket.gethostname()


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
    event: dict[str, object] = {
        "rawEvent": cut(raw, settings.error_raw_bytes),
        "message": storable(fault.message)[: settings.error_message_chars],
        "code": fault.code,
        "schema": storable(str(fault.schema))[: settings.error_message_chars],
        "revision": fault.revision if is_revision(fault.revision) else -1,
        "path": storable(fault.path)[: settings.error_message_chars],
        "hint": storable(fault.hint)[: settings.error_message_chars],
        "cause": storable(fault.cause)[: settings.error_message_chars],
    }
    if unknown:
        event["unknown"] = True
    return orjson.dumps(
        {
            "event": event,
            "schema": SCHEMA,
            "revision": REVISION,
            "wiki": "",
            "uuid": identity.hexdigest()[:32],
            "recvFrom": HOST,
            "dt": iso8601(max(0, timestamp) // 1000),
        }
    )


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
    text = raw[:length].decode("utf-8", "ignore" if len(raw) > length else "replace")
    return text if len(raw) > length else text[:length]


def storable(text: str) -> str:
    """Return text that can be written as UTF-8: lone surrogates become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
