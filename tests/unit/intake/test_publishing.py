"""What an intake publishes while Kafka refuses it, or has lost its topic."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from elfaust.errors import Unacknowledged
from elfaust.intake import publishing
from elfaust.intake.gatherer import Gatherer
from elfaust.settings import Settings
from tests.unit.intake.requests import Kafka, having


async def test_a_topic_that_was_deleted_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    settings, made = having(), asyncio.Queue[list[str]]()

    class Admin:
        def __init__(self, settings: Settings) -> None:
            self.settings = settings

        async def __aenter__(self) -> Admin:
            return self

        async def __aexit__(self, *_: object) -> None:
            return

        async def ensure(self, topics: list[str]) -> None:
            await made.put(topics)
            if made.qsize() == 1:
                raise Unacknowledged("Kafka", "away")

    @asynccontextmanager
    async def with_kafka(patient: Settings) -> AsyncIterator[Kafka]:
        # No batch is given up: sent once more, it might be there twice.
        assert patient.kafka.publish_timeout >= 1_000_000
        yield Kafka()

    monkeypatch.setattr(publishing, "TopicAdmin", Admin)
    monkeypatch.setattr(publishing, "publishing", with_kafka)
    soon = replace(settings, kafka=replace(settings.kafka, publish_timeout=0.001))
    sender = Gatherer(settings.topics.raw_client, 1, 1_000)
    running = asyncio.create_task(publishing.publish(soon, sender, lambda: False))
    while made.qsize() < 3:
        await asyncio.sleep(0.001)
    assert await made.get() == [settings.topics.raw_client]
    await sender.stop()
    await running
