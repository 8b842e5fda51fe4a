"""processor: raw lines in, one event a record out, to the topic of its schema revision."""

from __future__ import annotations

from typing import Any

from elfaust.lanes.lane import RawLanes
from elfaust.models.raw_line import RawLine
from elfaust.schema.lookup.registry import Registry


def register(app: Any) -> None:
    """Register the processor's agent, and what settles the lines that wait, with their app."""
    registry = Registry.of_workers(app.settings)
    lanes = RawLanes(app, registry)

    @app.agent(app.batches(*app.names.raw, value_type=RawLine), name=app.role)  # type: ignore[untyped-decorator]
    async def process(stream: Any) -> None:
        async for event in stream.noack().events():
            await lanes.take(event)

    app.run_beside(lanes.settle)
    app.held.append(lambda: lanes.held)
    app.on_partitions_revoked.connect(lanes.forget, weak=False)
    app.on_drain(lanes.idle)
    app.on_close(registry.close)
