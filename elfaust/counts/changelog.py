"""Writes the changelog of the counts: batches of one lane, each whole in Kafka or not at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from elfaust.counts.taking import Records
from elfaust.delivery.publisher import METADATA_SECONDS, make_producer
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import Unacknowledged
from elfaust.names import changelog_topic
from elfaust.settings import CODECS, Settings


class Changelog:
    """The changelog's writer, with a producer of its own; `close` it."""

    def __init__(self, settings: Settings, admin: TopicAdmin) -> None:
        self._kafka = settings.kafka
        self._topic = changelog_topic(settings)
        self._admin = admin
        self._producer: AIOKafkaProducer | None = None

    async def make(self) -> None:
        """Make the topic again, where somebody has deleted it; raises ServerAway."""
        self._admin.forget([self._topic])
        await self._admin.ensure([self._topic], compacted=True)

    async def write(self, lanes: Mapping[int, Records]) -> None:
        """Write records of lanes, those of a lane in their order; durable on return.

        Raises Unacknowledged when that takes longer than `kafka.publish_timeout`: what was sent may
        arrive or not.
        """
        server = f"Kafka {self._kafka.bootstrap}"
        try:
            async with asyncio.timeout(self._kafka.publish_timeout):
                await asyncio.gather(*(self._write_lane(*lane) for lane in lanes.items()))
        except TimeoutError as error:
            detail = f"counts not acknowledged within {self._kafka.publish_timeout} s"
            raise Unacknowledged(server, detail) from error
        except KafkaError as error:
            raise Unacknowledged(server, f"counts not acknowledged: {error!r}") from error

    async def _write_lane(self, lane: int, records: Records) -> None:
        producer = await self._started()
        while lane not in await producer.partitions_for(self._topic):
            # It was added after the producer had asked.
            await producer.client.force_metadata_update()
            await asyncio.sleep(METADATA_SECONDS)
        for batch in self._batches(records):
            # The next one only after this one: of those that arrive none is missing before.
            await (await producer.send_batch(batch, self._topic, partition=lane))

    def _batches(self, records: Records) -> list[BatchBuilder]:
        size = min(self._kafka.batch_bytes, self._admin.limit(self._topic))
        codec, now = CODECS.index(self._kafka.compression), int(time.time() * 1000)
        batches = [BatchBuilder(size, codec)]
        for key, value in records:
            if batches[-1].append(timestamp=now, key=key, value=value) is None:
                # A batch takes its first record however long that is.
                batches.append(BatchBuilder(size, codec))
                batches[-1].append(timestamp=now, key=key, value=value)
        return batches

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = make_producer(self._kafka)
            self._producer = producer
            await producer.start()
        return self._producer

    async def close(self) -> None:
        """Close the producer's connections."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()
