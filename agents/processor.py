"""processor: raw lines in, one event a record out, to the topic of its schema revision."""

from __future__ import annotations

from typing import Any

from elfaust.graphite.senders import register_processor
from elfaust.lanes.assigned_lanes import AssignedLanes
from elfaust.models.raw_line import RawLine
from elfaust.schema.lookup.registry import Registry
from elfaust.workers.worker import Worker


def register(worker: Worker) -> None:
    """Register the processor's agent, and what settles the lines that wait, with their worker."""
    registry = Registry.of_workers(worker.settings)
    lanes = AssignedLanes(worker, registry)

    @worker.agent(worker.batches(*worker.names.raw, value_type=RawLine), name=worker.role)  # type: ignore[untyped-decorator]
    async def process(stream: Any) -> None:
        async for event in stream.noack().events():
            await lanes.take(event)

    worker.run_beside(lanes.settle)
    register_processor(worker)
    worker.held.append(lambda: lanes.held)
    worker.held.append(lambda: registry.reload.spoiled)
    worker.on_partitions_revoked.connect(lanes.forget, weak=False)
    worker.on_drain(lanes.idle)
    worker.on_close(registry.close)
