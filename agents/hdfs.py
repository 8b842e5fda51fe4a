"""hdfs: the events of a lane to Parquet files by schema revision and hour."""

from __future__ import annotations

from collections.abc import Sequence

from elfaust.models.event import EventCapsule
from elfaust.schema.lookup.registry import Registry
from elfaust.sinks.base import Rejected
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.buffer import Buffer, Buffered, by_topic, in_thread
from elfaust.sinks.parquet.sink import HdfsSink
from elfaust.storage import open_storage
from elfaust.workers.attach import attach, blocking_reporter, pauser, reporter
from elfaust.workers.worker import Worker


def register(worker: Worker) -> None:
    """Register the HDFS sink's agent with its worker."""
    settings = worker.settings
    storage = open_storage(settings.hdfs)
    sink = HdfsSink(settings, Registry.of_workers(settings), storage)

    def group_of(batch: Buffered) -> tuple[int, str]:
        return sink.group(batch.lane, batch.topic, worker.names.key_of(batch.topic))

    report = reporter(worker)
    tell = blocking_reporter(worker, report)

    def write(group: tuple[int, str], batches: Sequence[Buffered]) -> list[Rejected]:
        lane, _ = group
        topics = {
            topic: (worker.names.key_of(topic), records)
            for topic, records in by_topic(batches).items()
        }
        sink.write(lane, topics, tell)
        return []

    worker.require_server(f"HDFS {settings.hdfs.url}", lambda: storage.list(settings.hdfs.root))
    buffer = Buffer(
        group_of=group_of,
        write=in_thread(write),
        report=report,
        generation=lambda: worker.consumer_generation_id,
        flush=Bounds(settings.hdfs.flush_rows, settings.hdfs.flush_bytes),
        flush_seconds=settings.hdfs.flush_seconds,
        pending=Bounds(
            settings.topics.lanes * settings.hdfs.flush_rows, 4 * settings.hdfs.flush_bytes
        ),
        hold=pauser(worker),
    )
    attach(worker, worker.events(EventCapsule), buffer, sink.forget)
