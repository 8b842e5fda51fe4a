"""processor: raw lines in, one event a record out, to the topic of its schema revision."""

from __future__ import annotations

import asyncio
from typing import Any

from elfaust.processing import Judge
from elfaust.registry import Registry
from elfaust.types import Outgoing
from models.raw_line import RawLine


def register(app: Any) -> None:
    """Register the processor's agent with its app."""
    names, settings = app.names, app.settings
    registry = Registry.of_workers(settings)
    judges = {
        settings.topics.raw_client: Judge(settings.processor.client_format, registry, settings),
        settings.topics.raw_server: Judge(settings.processor.server_format, registry, settings),
    }
    busy = asyncio.Lock()

    @app.agent(app.batches(*names.raw, value_type=RawLine), name=app.role)  # type: ignore[untyped-decorator]
    async def process(stream: Any) -> None:
        publisher = await app.publisher()
        async for event in stream.noack().events():
            if app.draining:
                continue
            async with busy:
                topic, lane = event.message.topic, event.message.partition
                records = event.value.records
                verdicts = await judges[topic].judge(records, f"{topic}/{lane}")
                await publisher.publish(
                    [
                        Outgoing(
                            names.error if verdict.code else names.event(verdict.key),
                            lane,
                            verdict.value,
                            record.timestamp,
                            topic,
                            record.offset,
                            verdict.headers,
                        )
                        for record, verdict in zip(records, verdicts, strict=True)
                    ]
                )
                event.ack()

    async def idle() -> None:
        async with busy:
            pass

    app.drains(idle)
