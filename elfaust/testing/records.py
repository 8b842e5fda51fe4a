"""Records as tests make them, and a sink that is given them."""

from __future__ import annotations

from collections.abc import Sequence

from elfaust.records import Record, SchemaKey, Source
from elfaust.sinks.base import Events, Rejected, Sink


def make_record(
    value: bytes = b"{}",
    offset: int = 0,
    timestamp: int = 0,
    source: Source | tuple[str, int] | None = None,
    *,
    topic: str = "topic",
    lane: int = 0,
) -> Record:
    """Return a record of a topic and lane; `source` is the name and position that it carries."""
    return Record(topic, lane, offset, timestamp, value, Source(*source) if source else None)


def make_events(
    key: SchemaKey, records: Sequence[Record], *, topic: str = "topic", lane: int = 0
) -> Events:
    """Return records as a sink is given them."""
    return Events(key, topic, lane, records)


def write(sink: Sink, key: SchemaKey, records: Sequence[Record], *lanes: int) -> list[Rejected]:
    """Have a sink write records, dealt out to `lanes` (lane 0); return what it rejected."""
    rejected: list[Rejected] = []
    lanes = lanes or (0,)
    dealt = [records[place :: len(lanes)] for place in range(len(lanes))]
    events = [make_events(key, part, lane=lane) for lane, part in zip(lanes, dealt, strict=True)]
    sink.write(events, rejected.extend)
    return rejected
