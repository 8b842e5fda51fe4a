"""The fields of plain lines as they stand in an event's JSON, remembered: most come again."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import NamedTuple

import orjson

from elfaust.events.capsule import parse_user_agent
from elfaust.schema.dialect import Dialect
from elfaust.times import is_time, iso8601, unix_seconds

#: Fields that are remembered at once; a user agent takes some 700 bytes. What is longer than so
#: many bytes is made each time: clients choose it, and what is remembered is bounded in bytes.
MOST, LONGEST = 30_000, 512
_TIME = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")


class Moment(NamedTuple):
    """A line's time: the capsule's member that holds it, and the end of the uuid's URL."""

    member: bytes
    identity: bytes


class Moments(dict[bytes, Moment | None]):
    """Times as lines write them, `2020-09-13T12:26:40`; None for what no calendar has."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__()
        self._of_line = _timestamp if dialect.uuid_time == "timestamp" else _dt

    def __missing__(self, sent: bytes) -> Moment | None:
        if not _TIME.fullmatch(sent):
            return None
        if len(self) >= MOST:
            self.clear()
        found = None
        with suppress(ValueError):
            found = self._of_line(sent.decode())
        self[sent] = found
        return found


def _timestamp(text: str) -> Moment | None:
    seconds = unix_seconds(text)
    if not is_time(iso8601(seconds)):
        return None
    return Moment(b'"timestamp":%d' % seconds, f"timestamp={seconds!s:.10}".encode())


def _dt(text: str) -> Moment | None:
    moment = f"{text}Z"
    if not is_time(moment):
        return None
    return Moment(f'"dt":"{moment}"'.encode(), f"dt={moment}".encode())


class Agent(NamedTuple):
    """A user agent: its value in a capsule as JSON, and the text as `complete` returns it."""

    value: bytes
    sent: str | None


#: Of a line that has no user agent.
NO_AGENT = Agent(b"", None)


def begins_plainly(sent: bytes) -> bool:
    """Tell whether a user agent begins in ASCII, and with no white space."""
    return b"!" <= sent[:1] <= b"~"


class Agents(dict[bytes, Agent | None]):
    """User agents as lines write them; None for what is not UTF-8, or does not begin in ASCII."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__()
        self._parses = dialect.parses_user_agent

    def __missing__(self, sent: bytes) -> Agent | None:
        found = None
        if begins_plainly(sent):
            with suppress(UnicodeDecodeError):
                found = self._agent(sent.decode())
        if len(sent) <= LONGEST:
            if len(self) >= MOST:
                self.clear()
            self[sent] = found
        return found

    def _agent(self, text: str) -> Agent:
        if not self._parses:
            return Agent(orjson.dumps(text), None)
        # Its own cache would keep each a second time.
        parsed = parse_user_agent.__wrapped__(text)
        return Agent(orjson.dumps(parsed), text)
