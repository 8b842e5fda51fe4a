"""throughput: events and errors to counts in a table that Kafka keeps, and to the page of them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from elfaust.counts.table import CountsTable
from elfaust.counts.tally import tally
from elfaust.delivery.recovery import ChangelogSchema
from elfaust.models.count import Count
from elfaust.models.event import EventCapsule
from elfaust.sinks.base import Rejected
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.buffer import Buffer, Buffered
from elfaust.web.throughput import register as register_page
from elfaust.workers.attach import attach, pauser, reporter
from elfaust.workers.worker import Worker


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

    async def count(_: object, batches: Sequence[Buffered]) -> list[Rejected]:
        for batch in batches:
            key = worker.names.schema_of(batch.topic)
            table.add(tally(batch.lane, batch.topic, key, batch.records))
        await table.written(settings.kafka.publish_timeout)
        return []

    buffer = Buffer(
        group_of=lambda batch: None,
        write=count,
        report=reporter(worker),
        generation=lambda: worker.consumer_generation_id,
        flush=Bounds(20_000, 16_000_000),
        flush_seconds=settings.throughput.flush_seconds,
        pending=Bounds(40_000, 64_000_000),
        hold=pauser(worker),
    )
    attach(worker, worker.events(EventCapsule, worker.names.error), buffer)
    register_page(worker, settings)

    @worker.timer(60.0)  # type: ignore[untyped-decorator]
    async def forget_old_minutes() -> None:
        lanes = {tp.partition for tp in worker.consumer.assignment()}
        table.forget(lanes, time.time(), settings.throughput.keep_minutes)
        await table.written(settings.kafka.publish_timeout)
