"""How many events and errors there are in the topics that somebody writes."""

from __future__ import annotations

import asyncio
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.delivery import privates
from elfaust.delivery.broker_errors import translating_errors
from elfaust.names import TopicNames
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings


class Outputs:
    """Counts what is in the topics of events and of errors: `async with Outputs(settings)`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        names = TopicNames(settings)
        self._error = names.error
        self.topics = [*(names.event(key) for key in Registry(settings.schemas).known())]
        self.topics.append(self._error)
        self._lanes = [
            TopicPartition(topic, lane)
            for topic in self.topics
            for lane in range(settings.topics.lanes)
        ]
        self._consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka.bootstrap)

    async def __aenter__(self) -> Self:
        try:
            with translating_errors(self._settings.kafka):
                await self._consumer.start()
            # aiokafka's stop is cancelled by a task of its own that has not had a turn before.
            await asyncio.sleep(0)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def count(self) -> tuple[int, int]:
        """Return how many events and how many errors there are; raises ServerAway."""
        with translating_errors(self._settings.kafka):
            ends = await privates.ends(self._consumer, self._lanes)
        errors = sum(end for lane, end in ends.items() if lane.topic == self._error)
        return sum(ends.values()) - errors, errors
