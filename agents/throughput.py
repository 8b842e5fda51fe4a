"""throughput: events and errors to counts in a table that Kafka keeps, and to the page of them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence

from elfaust.counts.gauges import register as register_unusual
from elfaust.counts.table import CountsTable
from elfaust.counts.tally import tally
from elfaust.graphite.senders import register as register_senders
from elfaust.models.count import Count
from elfaust.models.event import EventCapsule
from elfaust.records import Record
from elfaust.sinks.base import Limits
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.groups import Buffered
from elfaust.web.throughput import register as register_page
from elfaust.workers.attach import attach
from elfaust.workers.worker import Worker


class Counter:
    """Counts batches into the table; the writer (sinks/buffer.py) of this role."""

    def __init__(self, worker: Worker, table: CountsTable) -> None:
        seconds = worker.settings.throughput.flush_seconds
        self.limits = Limits(Bounds(20_000, 16_000_000), seconds, Bounds(40_000, 64_000_000))
        self._names = worker.names
        self._table = table
        self._timeout = worker.settings.kafka.publish_timeout

    def group_of(self, topic: str, lane: int) -> None:
        """Have all batches counted together."""

    async def write(self, batches: Sequence[Buffered]) -> None:
        """Count batches; raises Unacknowledged where the counts do not arrive in Kafka in time."""
        # An entry is written once for all batches of its lane: that costs more than counting them.
        lanes = defaultdict[tuple[int, str], list[Record]](list)
        for batch in batches:
            lanes[batch.lane, batch.topic] += batch.records
        for (lane, topic), records in lanes.items():
            self._table.add(tally(lane, topic, self._names.schema_of(topic), records))
        await self._table.written(self._timeout)

    def on_revoked(self) -> None:
        """Remember nothing of lanes."""


def register(worker: Worker) -> None:
    """Register the counting agent, its table and the page with their worker."""
    settings = worker.settings
    table = worker.tables.add(
        CountsTable(
            worker,
            name="counts",
            key_type=str,
            value_type=Count,
            partitions=settings.topics.lanes,
        )
    )

    events = worker.events(EventCapsule, worker.names.error)
    attach(worker, events, Counter(worker, table))
    register_page(worker, settings)
    register_senders(worker)
    register_unusual(worker.counts_reader.view)

    @worker.timer(60.0)  # type: ignore[untyped-decorator]
    async def forget_old_minutes() -> None:
        lanes = {tp.partition for tp in worker.consumer.assignment()}
        kept = settings.throughput
        table.forget(lanes, time.time(), kept.keep_minutes, kept.keep_hours)
        await table.written(settings.kafka.publish_timeout)
