"""Plain lines: raw lines as nearly all are, read as bytes in a few calls of compiled code.

A plain line is of a dialect's client format, with a tab between its fields. Its host and address
stand in JSON as they are, its query has no bytes but those that clients send, and its JSON passes
no limit and holds no field of the line. LineParser reads whatever is not plain. It is the
definition of what a line holds: of a plain line both say the same, as test_fast_judge.py shows.
"""

from __future__ import annotations

from binascii import a2b_qp
from hashlib import sha1
from typing import Any, NamedTuple, Protocol

import orjson

from elfaust.events.capsule import NAMESPACE
from elfaust.events.lines import DROPPED
from elfaust.events.plain_fields import Agent, Agents, Moment, Moments, begins_plainly
from elfaust.json_text import ODD, QUOTED_PRINTABLE, is_plain
from elfaust.schema.dialect import Dialect

#: What stands in JSON as it does in the line.
_PLAIN = bytes(byte for byte in range(0x21, 0x7F) if byte not in b'"\\')
#: Longest word that every store can hold, bytes; and the most digits that 63 bits always hold.
_WORD_BYTES, _DIGITS = 190, 18
_FIELDS = 6
_ZERO, _QUESTION = b"0?"
_URL = NAMESPACE + b"event://%b/?seqId=%b&%b"
_EVENT = b'{"recvFrom":"%%b","seqId":%%b,%%b,%b"userAgent":%%b,%%b,"uuid":"%%032x"}'
#: What makes of a hash a uuid of version 5.
_OF_HASH = (1 << 128) - 1 - (0xF << 76 | 0b11 << 62)
_VERSION_5 = 0x5 << 76 | 0b10 << 62
#: A third of the cost of `PlainLine(...)`.
_new = tuple.__new__


class PlainLine(NamedTuple):
    """A plain line: the object that its query holds, and the fields after that."""

    given: dict[str, Any]
    host: bytes
    number: bytes
    moment: Moment
    address: bytes
    agent: Agent


class Lines(Protocol):
    """What reads the plain lines of a format, and writes their events."""

    #: What a line itself tells, and what is made of it.
    fields: frozenset[str]

    def read(self, line: bytes) -> PlainLine | dict[str, Any] | None:
        """Return what a line holds, None where it is not plain.

        Where its JSON has fields of the line that is the capsule, as LineParser has it. Raises
        ValueError where it holds no JSON.
        """

    def event(self, line: PlainLine, written: bytes) -> bytes:
        """Return the event of a line as JSON; `written` is that of what was given."""


class PlainLines:
    """Reads the plain lines of a dialect's client format, and writes their events."""

    def __init__(self, dialect: Dialect, max_bytes: int, max_keys: int) -> None:
        """Take the limits of processor.max_line_bytes and processor.max_keys."""
        self._max_bytes = max_bytes
        self._max_keys = max_keys
        self._moments = Moments(dialect)
        self.agents = Agents(dialect)
        keeps_address = "ip" in dialect.properties
        self._event = _EVENT % (b'"ip":"%b",' if keeps_address else b"%.0b")
        self._address_name = "ip" if keeps_address else "clientIp"
        #: What the line itself tells, and the uuid that is made of it.
        self.fields = frozenset(
            (
                *("recvFrom", "seqId", dialect.uuid_time),
                *(self._address_name, "userAgent", "uuid"),
            )
        )
        self._taken = self.fields.union(DROPPED)

    def read(self, line: bytes) -> PlainLine | dict[str, Any] | None:
        """Return what a line holds, None where it is not plain.

        Where its JSON has fields of the line that is the capsule, as LineParser has it. Raises
        ValueError where its query is no JSON.
        """
        if len(line) > self._max_bytes:
            return None
        # One more than there may be: a line of tabs alone is not taken apart.
        fields = line.split(b"\t", _FIELDS)
        if len(fields) != _FIELDS:
            return None
        query, host, number, time, address, sent = fields
        moment = self._moments[time]
        if (
            moment is None
            or not number.isdigit()
            or len(number) > _DIGITS
            or number[0] == _ZERO
            or not 0 < len(host) <= _WORD_BYTES
            or not 0 < len(address) <= _WORD_BYTES
            or (host + address).translate(None, _PLAIN)
            or query[0] != _QUESTION
        ):
            return None
        given = self._given(query.strip(b"?;"), sent)
        # After it, for it costs most where it is new.
        agent = None if given is None else self.agents[sent]
        if given is None or agent is None:
            return None
        if not self._taken.isdisjoint(given):
            for name in DROPPED:
                given.pop(name, None)
            if not self.fields.isdisjoint(given):
                return {
                    "recvFrom": host.decode(),
                    "seqId": int(number),
                    **orjson.loads(b"{%b}" % moment.member),
                    self._address_name: address.decode(),
                    "userAgent": sent.decode(),
                    **given,
                }
        return _new(PlainLine, (given, host, number, moment, address, agent))

    def _given(self, query: bytes, sent: bytes) -> dict[str, Any] | None:
        """Return the object that a query holds; `sent` is the user agent beside it."""
        # As json_text.decode_query; with odd bytes it is no JSON, though the line may hold some.
        data = a2b_qp(query.translate(QUOTED_PRINTABLE))
        # An escape that is none leaves its sign, or goes where it ends the query.
        if (b"=" in data and len(query) - len(data) != 2 * query.count(b"%")) or b"%" in query[-2:]:
            return None
        try:
            given = orjson.loads(data)
        except orjson.JSONDecodeError:
            if ODD in data or not begins_plainly(sent):
                return None
            raise
        return given if type(given) is dict and is_plain(data, self._max_keys) else None

    def event(self, line: PlainLine, written: bytes) -> bytes:
        """Return the event of a line as JSON; `written` is that of what was given."""
        _, host, number, (member, identity), address, (agent, _) = line
        uuid = uuid_of(host, number, identity)
        return self._event % (host, number, member, address, agent, written[1:-1], uuid)


def uuid_of(host: bytes, number: bytes, time: bytes) -> int:
    """Return the uuid of an event (capsule.py, event_uuid) as a number of 128 bits."""
    digest = sha1(_URL % (host, number, time), usedforsecurity=False).digest()[:16]
    return int.from_bytes(digest, "big") & _OF_HASH | _VERSION_5
