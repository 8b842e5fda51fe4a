"""An event or an error as it is shown: what its record says, the client's address and agent masked.

The JSON of it, stable:

    {"topic": str, "lane": int, "offset": int, "time": ISO 8601 or null, "status": "valid|failed",
     "schema": str, "revision": int, "code": str, "wiki": str, "path": str, "message": str,
     "cause": str, "hint": str, "uuid": str, "purpose": "prerender|prefetch" or "",
     "line": {"topic": str, "lane": int, "offset": int} or null,
     "capsule": the record, masked; of one that is long the beginning, as a text}

`purpose` says that a browser sent it before anybody saw its page. `cause` says what is wrong in
words for people, `message` in EventLogging's. `schema` and `revision` of an error are those of the
event that was refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import unquote

import orjson

from elfaust.events.beacons import purpose_by, purpose_in
from elfaust.events.refusals import topic_of
from elfaust.logs.masking import ADDRESS, AGENT, masked
from elfaust.records import UNKNOWN_TIME, Record, Source
from elfaust.times import iso8601

VALID, FAILED = "valid", "failed"
#: Longest text of an error that is shown beside its capsule, characters.
MAX_TEXT = 2_000
#: Longest record of which all is shown among others, bytes.
MAX_VALUE = 100_000
#: What of an event stands in its row, characters.
MAX_BRIEF = 160
#: Fields of a capsule that hold a client's address, and its user agent.
ADDRESSES, AGENTS = ("clientIp", "ip", "client_ip"), ("userAgent", "user_agent", "User-Agent")


@dataclass(frozen=True, eq=False)
class Seen:
    """One event or error; `value` is its record as it is, which is shown only masked."""

    topic: str
    lane: int
    offset: int
    #: Milliseconds since the epoch, UNKNOWN_TIME among them.
    time: int
    status: str
    schema: str
    revision: int
    code: str
    wiki: str
    path: str
    message: str
    cause: str
    hint: str
    uuid: str
    purpose: str
    #: The raw line that it was made from, in the same lane.
    source: Source | None
    value: bytes

    @property
    def why(self) -> str:
        """What is wrong, for people: the cause, of an older error EventLogging's message."""
        return self.cause or self.message

    @property
    def place(self) -> str:
        """The path of the fault, where `why` does not name it."""
        return "" if self.path in self.why else self.path

    @property
    def when(self) -> str | None:
        """The time in ISO 8601, None where nobody knows it."""
        return when(self.time)

    @property
    def capsule(self) -> Any:
        """The record as JSON, masked; text where it is none, and the beginning of a long one."""
        if len(self.value) > MAX_VALUE:
            return shown_value(self.value[:MAX_VALUE])
        return shown_value(self.value)

    @property
    def text(self) -> str:
        """The masked record on one line: what people search in."""
        return one_line(self.capsule)

    @property
    def brief(self) -> str:
        """The event itself, or the line that was refused, masked, in a line's width."""
        capsule = decoded(self.value)
        event = _object(_object(capsule).get("event"))
        if self.status == FAILED:
            # An escape may hide an address from the mask.
            text = masked(unquote(masked(_text(event, "rawEvent"))))
        elif capsule is None:
            text = masked(_begin(self.value[:MAX_TEXT].decode("utf-8", "replace")))
        else:
            text = one_line(_masked(_shortened(event or capsule)))
        return text[:MAX_BRIEF] or "The record"

    def as_json(self) -> dict[str, Any]:
        """Return the JSON that this module's docstring describes."""
        line = self.source and {
            "topic": topic_of(self.source.name),
            "lane": self.lane,
            "offset": self.source.position,
        }
        names = ("topic", "lane", "offset", "status", "schema", "revision", "code", "wiki", "path")
        return {
            **{name: getattr(self, name) for name in names},
            "message": self.message,
            "cause": self.cause,
            "hint": self.hint,
            "uuid": self.uuid,
            "purpose": self.purpose,
            "time": self.when,
            "line": line,
            "capsule": self.capsule,
        }


def seen(record: Record, error_topic: str) -> Seen:
    """Return a record of a topic of events or errors as it is shown, whatever it holds."""
    capsule = _object(decoded(record.value))
    event = _object(capsule.get("event"))
    failed = record.topic == error_topic
    of = event if failed else capsule
    revision = of.get("revision")
    return Seen(
        record.topic,
        record.lane,
        record.offset,
        record.timestamp,
        FAILED if failed else VALID,
        _text(of, "schema"),
        revision if type(revision) is int else -1,
        _text(event, "code") if failed else "",
        _text(capsule, "wiki"),
        _text(event, "path") if failed else "",
        masked(_text(event, "message")) if failed else "",
        masked(_text(event, "cause")) if failed else "",
        masked(_text(event, "hint")) if failed else "",
        _text(capsule, "uuid"),
        purpose_in(_text(event, "rawEvent")) if failed else purpose_by(_text(capsule, "recvFrom")),
        record.source,
        record.value,
    )


def when(time: int) -> str | None:
    """Return a record's time, ms, in ISO 8601; None where nobody knows it."""
    return None if time == UNKNOWN_TIME else iso8601(time // 1000)


def decoded(value: bytes) -> Any:
    """Return the JSON of a record, None where it holds none."""
    try:
        return orjson.loads(value)
    except ValueError:
        return None


def shown_value(value: bytes) -> Any:
    """Return a record masked: its JSON, or its text where it has none."""
    found = decoded(value)
    return masked(value.decode("utf-8", "replace")) if found is None else _masked(found)


def one_line(value: Any) -> str:
    """Return a masked record on one line."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _masked(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {masked(key): _masked(of, key) for key, of in value.items()}
    if isinstance(value, list):
        return [_masked(of) for of in value]
    if isinstance(value, str):
        if name in ADDRESSES:
            return ADDRESS
        return AGENT if name in AGENTS else masked(value)
    return value


def _shortened(value: Any) -> Any:
    """Return what of a value may stand in its brief: to mask all of a long one takes long."""
    if isinstance(value, dict):
        return {_begin(key): _shortened(of) for key, of in islice(value.items(), MAX_BRIEF)}
    if isinstance(value, list):
        return [_shortened(of) for of in value[:MAX_BRIEF]]
    return _begin(value) if isinstance(value, str) else value


def _begin(text: str) -> str:
    """Return the beginning of a text; an address that the end would cut is no part of it."""
    return text if len(text) < MAX_TEXT else text[:MAX_TEXT].rpartition(" ")[0] or text[:MAX_TEXT]


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(of: dict[str, Any], name: str) -> str:
    text = of.get(name)
    return text[:MAX_TEXT] if isinstance(text, str) else ""
