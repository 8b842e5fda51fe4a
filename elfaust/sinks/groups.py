"""What waits in a buffer: batches, gathered into the groups that are written as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

from elfaust.records import Record, SchemaKey
from elfaust.sinks.base import Events


class Buffered(NamedTuple):
    """One batch that waits to be written."""

    topic: str
    lane: int
    records: Sequence[Record]
    acknowledge: Callable[[], object]
    #: Bytes of the records' values.
    size: int = 0
    #: Tells whether its lane has moved or was held since: it comes again, and is not to be written.
    dropped: Callable[[], bool] = lambda: False
    #: Has something called once it is committed.
    when_committed: Callable[[Callable[[], object]], object] = lambda call: None


@dataclass
class Group:
    """Batches that are written together."""

    batches: list[Buffered] = field(default_factory=list)
    rows: int = 0
    size: int = 0
    #: When the oldest of them came, as `monotonic` has it.
    since: float = field(default_factory=monotonic)

    def take(self, batches: Sequence[Buffered]) -> None:
        """Add batches behind those that are there."""
        self.batches += batches
        self.rows += sum(len(batch.records) for batch in batches)
        self.size += sum(batch.size for batch in batches)


def events_of(batches: Sequence[Buffered], key_of: Callable[[str], SchemaKey]) -> list[Events]:
    """Return the events of each topic and lane, in order of delivery."""
    lanes: dict[tuple[str, int], list[Record]] = {}
    for batch in batches:
        lanes.setdefault((batch.topic, batch.lane), []).extend(batch.records)
    return [Events(key_of(topic), topic, lane, records) for (topic, lane), records in lanes.items()]
