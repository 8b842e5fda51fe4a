"""Batch delivery on a real Kafka: all records, in order, committed as far as acknowledged."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from elfaust.publish import Publisher, make_producer
from elfaust.settings import Settings
from elfaust.topics import TopicAdmin
from elfaust.types import Outgoing


@asynccontextmanager
async def publishing(settings: Settings) -> AsyncIterator[Publisher]:
    admin, producer = TopicAdmin(settings), make_producer(settings.kafka)
    await producer.start()
    try:
        yield Publisher(settings, producer, admin)
    finally:
        await producer.stop()
        await admin.close()


def lines(topic: str, lane: int, numbers: range, source: str = "") -> list[Outgoing]:
    return [Outgoing(topic, lane, b"%d" % n, 1_000 + n, source, n) for n in numbers]
