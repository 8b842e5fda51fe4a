"""mysql: the events of a schema revision to the rows of its table."""

from __future__ import annotations

from collections.abc import Sequence

from elfaust.models.event import EventCapsule
from elfaust.schema.lookup.registry import Registry
from elfaust.sinks.base import Rejected
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.buffer import Buffer, Buffered, in_thread
from elfaust.sinks.mysql.sink import MysqlSink
from elfaust.workers.attach import attach, pauser, reporter
from elfaust.workers.worker import Worker


def register(worker: Worker) -> None:
    """Register the MySQL sink's agent with its worker."""
    settings = worker.settings
    sink = MysqlSink(settings, Registry.of_workers(settings))

    def write(topic: str, batches: Sequence[Buffered]) -> list[Rejected]:
        records = [record for batch in batches for record in batch.records]
        return sink.write(worker.names.key_of(topic), records, {batch.lane for batch in batches})

    worker.require_server(f"MySQL {settings.mysql.host}:{settings.mysql.port}", sink.ping)
    buffer = Buffer(
        group_of=lambda batch: batch.topic,
        write=in_thread(write),
        report=reporter(worker),
        generation=lambda: worker.consumer_generation_id,
        flush=Bounds(settings.mysql.flush_rows, settings.mysql.flush_bytes),
        flush_seconds=settings.mysql.flush_seconds,
        pending=Bounds(20 * settings.mysql.flush_rows, 4 * settings.mysql.flush_bytes),
        hold=pauser(worker),
    )
    attach(worker, worker.events(EventCapsule), buffer, sink.forget)
