"""What tests build on: records as a fetch brings them."""

from __future__ import annotations

from elfaust.records import Record, Source


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
