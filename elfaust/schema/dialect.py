"""What EventLogging did at a time: one setting, `schemas.compatibility`, picks all of it together.

A backfill in another dialect than that of the table would give the same event another uuid, so the
rules of two years never mix (docs/reference.md, "Dialects").
"""

from __future__ import annotations

from typing import Any, NamedTuple

#: Properties of EventLogging's EventCapsule at any time, in JSON Schema draft 3.
COMMON: dict[str, dict[str, Any]] = {
    "schema": {"type": "string", "required": True},
    "revision": {"type": "integer", "required": True},
    "wiki": {"type": "string", "required": True},
    "webHost": {"type": "string"},
    "uuid": {"type": "string", "required": True},
    "recvFrom": {"type": "string", "required": True},
    "seqId": {"type": "integer"},
    "timestamp": {"type": "number"},
    "topic": {"type": "string"},
}


class Dialect(NamedTuple):
    """The rules of one year."""

    #: Format of raw client-side lines.
    client_format: str
    #: What of an event's time its uuid is made of: `dt`, ISO 8601, or `timestamp`, seconds.
    uuid_time: str
    #: Whether the user agent becomes a map; otherwise it stays the text that was sent.
    parses_user_agent: bool
    #: Whether a table has `id`, its primary key.
    has_id: bool
    #: Properties of the capsule besides the event, in JSON Schema draft 3.
    properties: dict[str, dict[str, Any]]
    #: Columns of the capsule, besides `id`.
    columns: tuple[str, ...]
    #: Characters of a string's column.
    string_length: int
    #: Whether a required property's column is NOT NULL.
    required_not_null: bool
    #: Texts of a line that no event keeps: EventLogging hashed the client's address with a key that
    #: it threw away every 90 days. The column stays, NULL.
    withheld: tuple[str, ...] = ()


DIALECTS = {
    "2015": Dialect(
        client_format="%q %{recvFrom}s %{seqId}d %t %h %{userAgent}i",
        uuid_time="timestamp",
        parses_user_agent=False,
        has_id=False,
        properties={
            **COMMON,
            "timestamp": {"type": "number", "required": True},
            "clientIp": {"type": "string"},
            "userAgent": {"type": "string"},
        },
        columns=("uuid", "clientIp", "timestamp", "userAgent", "webHost", "wiki"),
        string_length=191,
        required_not_null=True,
        withheld=("clientIp",),
    ),
    "2018": Dialect(
        client_format="%q %{recvFrom}s %{seqId}d %D %{ip}i %u",
        uuid_time="dt",
        parses_user_agent=True,
        has_id=True,
        properties={
            **COMMON,
            "dt": {"type": "string"},
            "userAgent": {"type": "any"},
            "ip": {"type": "string"},
        },
        columns=("uuid", "dt", "timestamp", "userAgent", "webHost", "wiki"),
        string_length=1024,
        required_not_null=False,
    ),
}
LATEST = DIALECTS["2018"]
