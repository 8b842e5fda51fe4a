"""Plain server-side lines: a number, a word, and the event as JSON that tells host and time itself.

As plain_lines.py for the clients' format. A plain line of a server is ASCII, and its JSON has what
MediaWiki sends: a host, a time, and no field that the pipeline makes or takes apart.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from elfaust.events.bounds import MOMENT_CHARS
from elfaust.events.lines import DROPPED
from elfaust.events.plain_fields import NO_AGENT, Moment
from elfaust.events.plain_lines import PlainLine, uuid_of
from elfaust.json_text import is_plain
from elfaust.schema.dialect import Dialect
from elfaust.times import is_time, iso8601

#: The format of server-side lines, as processor.server_format has it by default.
SERVER_FORMAT = "%{seqId}d EventLogging %j"
_LINE = re.compile(rb"(0|[1-9][0-9]{0,17})[ \t]EventLogging[ \t](\{[!-~]*)")
_EVENT = b'{"seqId":%b,%b,"uuid":"%032x"}'
_new = tuple.__new__


class PlainObjects:
    """Reads the plain lines of the servers' format by a dialect, and writes their events."""

    #: What the line itself tells, and the uuid that is made of it.
    fields = frozenset(("seqId", "uuid"))

    def __init__(self, dialect: Dialect, max_bytes: int, max_keys: int) -> None:
        """Take the limits of processor.max_line_bytes and processor.max_keys."""
        self._max_bytes = max_bytes
        self._max_keys = max_keys
        self._of_time = _by_timestamp if dialect.uuid_time == "timestamp" else _by_moment
        self._taken = self.fields | {"userAgent", *dialect.withheld}

    def read(self, line: bytes) -> PlainLine | dict[str, Any] | None:
        """Return what a line holds, None where it is not plain.

        Where its JSON has what the pipeline makes or takes apart, or no time or host that is plain,
        that is the capsule, as LineParser has it. Raises ValueError where it holds no JSON.
        """
        found = _LINE.fullmatch(line)
        if found is None or len(line) > self._max_bytes:
            return None
        number, data = found.groups()
        given = orjson.loads(data)
        if not is_plain(data, self._max_keys):
            return None
        for name in DROPPED:
            given.pop(name, None)
        host = given.get("recvFrom")
        identity = self._of_time(given) if self._taken.isdisjoint(given) else None
        if identity is None or type(host) is not str:
            return {"seqId": int(number), **given}
        moment = Moment(b"", identity.encode())
        return _new(PlainLine, (given, host.encode(), number, moment, b"", NO_AGENT))

    def event(self, line: PlainLine, written: bytes) -> bytes:
        """Return the event of a line as JSON; `written` is that of what was given."""
        _, host, number, moment, _, _ = line
        return _EVENT % (number, written[1:-1], uuid_of(host, number, moment.identity))


def _by_moment(given: dict[str, Any]) -> str | None:
    """Return what of an event's time its uuid is made of, None where that is not plain."""
    moment = given.get("dt")
    if type(moment) is str and len(moment) <= MOMENT_CHARS and is_time(moment):
        return f"dt={moment}"
    timestamp = given.get("timestamp")
    if "dt" in given or type(timestamp) is not int:
        return None
    made = iso8601(timestamp)
    # Years before 1000 have too few digits for a time.
    return f"dt={made}" if is_time(made) else None


def _by_timestamp(given: dict[str, Any]) -> str | None:
    timestamp = given.get("timestamp")
    if "dt" in given or type(timestamp) is not int or not is_time(iso8601(timestamp)):
        return None
    return f"timestamp={timestamp!s:.10}"
