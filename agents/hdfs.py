"""hdfs: the events of a lane to Parquet files by schema revision and hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elfaust.models.event import EventCapsule
from elfaust.schema.lookup.registry import Registry
from elfaust.sinks.attach import attach, blocking_reporter, pauser, reporter
from elfaust.sinks.base import Rejected
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.buffer import Buffer, Buffered, by_topic, in_thread
from elfaust.sinks.parquet.sink import HdfsSink
from elfaust.storage import open_storage


def register(app: Any) -> None:
    """Register the HDFS sink's agent with its app."""
    settings = app.settings
    storage = open_storage(settings.hdfs)
    sink = HdfsSink(settings, Registry.of_workers(settings), storage)

    def group_of(batch: Buffered) -> tuple[int, str]:
        return sink.group(batch.lane, batch.topic, app.names.schema_of(batch.topic))

    report = reporter(app)
    tell = blocking_reporter(app, report)

    def write(group: tuple[int, str], batches: Sequence[Buffered]) -> list[Rejected]:
        lane, _ = group
        topics = {
            topic: (app.names.schema_of(topic), records)
            for topic, records in by_topic(batches).items()
        }
        sink.write(lane, topics, tell)
        return []

    app.require_server(f"HDFS {settings.hdfs.url}", lambda: storage.list(settings.hdfs.root))
    buffer = Buffer(
        group_of=group_of,
        write=in_thread(write),
        report=report,
        generation=lambda: app.consumer_generation_id,
        flush=Bounds(settings.hdfs.flush_rows, settings.hdfs.flush_bytes),
        flush_seconds=settings.hdfs.flush_seconds,
        pending=Bounds(
            settings.topics.lanes * settings.hdfs.flush_rows, 4 * settings.hdfs.flush_bytes
        ),
        hold=pauser(app),
    )
    attach(app, app.events(EventCapsule), buffer, sink.forget)
