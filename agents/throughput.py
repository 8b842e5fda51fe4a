"""throughput: events and errors to counts in a table that Kafka keeps, and to the page of them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from elfaust.counts.table import CountsTable
from elfaust.counts.tally import tally
from elfaust.delivery.recovery import ChangelogSchema
from elfaust.models.count import Count
from elfaust.models.event import EventCapsule
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
        table = self._table
        for batch in batches:
            key = self._names.schema_of(batch.topic)
            table.add(tally(batch.lane, batch.topic, key, batch.records))
        await table.written(self._timeout)

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
            schema=ChangelogSchema(),
            partitions=settings.topics.lanes,
        )
    )

    events = worker.events(EventCapsule, worker.names.error)
    attach(worker, events, Counter(worker, table))
    register_page(worker, settings)

    @worker.timer(60.0)  # type: ignore[untyped-decorator]
    async def forget_old_minutes() -> None:
        lanes = {tp.partition for tp in worker.consumer.assignment()}
        table.forget(lanes, time.time(), settings.throughput.keep_minutes)
        await table.written(settings.kafka.publish_timeout)
