"""The shapes that pass between the modules, named once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

#: Time of a record where Kafka does not tell one that can be believed.
UNKNOWN_TIME = -1


class SchemaKey(NamedTuple):
    """A schema revision, as `Edit` and `13457736`."""

    schema: str
    revision: int


class Record(NamedTuple):
    """One Kafka record as the sinks see it."""

    value: bytes
    offset: int
    #: Milliseconds since the epoch, UNKNOWN_TIME among them; the time of the raw line in Kafka.
    timestamp: int
    #: Topic of the record that this one was made from; "" where there is none.
    source: str
    #: Offset of that record in the same lane of `source`; -1 where there is none.
    position: int


class Outgoing(NamedTuple):
    """One record to publish, and the record that it was made from."""

    topic: str
    lane: int
    value: bytes
    timestamp: int
    source: str
    position: int
    #: More headers of the record.
    headers: tuple[tuple[str, bytes], ...] = ()
    #: Makes its value at most so many bytes long, if it may be cut to what its topic takes.
    shorten: Callable[[bytes, int], bytes] | None = None
