"""Records of Kafka as they pass between the rooms, and the schema revisions that they are of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

#: Time of a record where Kafka does not tell one that can be believed; it is Kafka's own number.
UNKNOWN_TIME = -1
#: Revisions of schemas are below; what is past it fits no number of a wiki, nor a name of a file.
END_OF_REVISIONS = 2**63


class SchemaKey(NamedTuple):
    """A schema revision, as `Edit` and `13457736`."""

    schema: str
    revision: int


class Source(NamedTuple):
    """The record that another one was made from, in the same lane: see "Lanes" in architecture.md.

    `name` is its topic, or a forwarder's identity, and `position` its offset there.
    """

    name: str
    position: int


class Record(NamedTuple):
    """One record of Kafka."""

    topic: str
    lane: int
    offset: int
    #: Milliseconds since the epoch, UNKNOWN_TIME among them; the time of the raw line in Kafka.
    timestamp: int
    value: bytes
    source: Source | None = None


class Outgoing(NamedTuple):
    """One record to publish, and the record that it was made from."""

    topic: str
    lane: int
    value: bytes
    timestamp: int
    source: Source | None = None
    #: More headers of the record.
    headers: tuple[tuple[str, bytes], ...] = ()
    #: Makes its value at most so many bytes long, if it may be cut to what its topic takes.
    shorten: Callable[[bytes, int], bytes] | None = None


def position_of(record: Record | Outgoing) -> int:
    """Return the position of the record that another was made from; -1 where there is none."""
    return record.source.position if record.source else -1
