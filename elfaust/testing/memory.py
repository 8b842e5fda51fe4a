"""A sink whose store is in memory, for tests of what is around a sink."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from elfaust.errors import EventFault, ServerAway
from elfaust.metrics.table import SINK_ROWS
from elfaust.metrics.values import count_of
from elfaust.records import Record, SchemaKey
from elfaust.sinks.base import Events, Limits, Reject, Rejected
from elfaust.sinks.bounds import Bounds


class MemorySink:
    """Stores in memory; `stored` is the store, which another instance may be given.

    It rejects the records of which `rejects` says so, and is away while `is_away`.
    """

    server = "memory"
    limits = Limits(Bounds(1_000, 1_000_000), 60.0, Bounds(10_000, 10_000_000))

    def __init__(
        self,
        rejects: Callable[[Record], bool] = lambda record: False,
        stored: dict[SchemaKey, list[Record]] | None = None,
    ) -> None:
        self.stored = {} if stored is None else stored
        self.is_away = False
        self._rejects = rejects

    def ping(self) -> None:
        """Raise ServerAway while it is away."""
        if self.is_away:
            raise ServerAway(self.server, "is away")

    def group_of(self, topic: str, lane: int) -> str:
        """Return the topic."""
        return topic

    def write(self, events: Sequence[Events], reject: Reject) -> None:
        """Store what is not there, once what cannot be stored is rejected."""
        self.ping()
        bad = [record for part in events for record in part.records if self._rejects(record)]
        if bad:
            fault = EventFault("consumer", "rejected", *events[0].key)
            reject([Rejected(record, fault) for record in bad])
        for part in events:
            stored = self.stored.setdefault(part.key, [])
            there = {(record.topic, record.lane, record.offset) for record in stored}
            fresh = [
                record
                for record in part.records
                if record not in bad and (record.topic, record.lane, record.offset) not in there
            ]
            stored += fresh
            count_of(SINK_ROWS, len(fresh), part.key, "memory")

    def on_revoked(self) -> None:
        """Remember nothing of lanes."""
