"""Batches of events out to topics, every acknowledgement awaited.

Records go out as one record batch per topic and lane, in order, through an idempotent producer that
waits for all replicas. A lane's next batch is sent after the one before it was acknowledged, so
within a topic and lane the source positions only rise: that is what readers rely on to skip what a
restarted worker repeats.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from elfaust.batch import source_header
from elfaust.errors import Unacknowledged
from elfaust.settings import Kafka, Settings
from elfaust.topics import TopicAdmin
from elfaust.types import UNKNOWN_TIME, Outgoing

#: Wait between looks for a lane that has just been added.
METADATA_SECONDS = 0.1
#: How far ahead of this machine's clock a record's time may be, ms. Brokers refuse what is an hour
#: ahead (message.timestamp.after.max.ms), and with it all records of its batch.
AHEAD_MS = 600_000


def make_producer(kafka: Kafka) -> AIOKafkaProducer:
    """Return a producer, not started, with the delivery that `Publisher` needs."""
    return AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap,
        acks="all",
        enable_idempotence=True,
        max_batch_size=kafka.batch_bytes,
        max_request_size=4 * kafka.batch_bytes,
        compression_type=None if kafka.compression == "none" else kafka.compression,
        request_timeout_ms=int(kafka.request_timeout * 1000),
    )


class Publisher:
    """Publishes records through a started producer; topics are created as they appear."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer, admin: TopicAdmin) -> None:
        self._kafka = settings.kafka
        self._producer = producer
        self._admin = admin

    async def publish(self, records: Sequence[Outgoing]) -> dict[tuple[str, int], int]:
        """Publish records; return the last offset of each (topic, lane) once all are durable.

        The producer tries again by itself, in order and without doubles, while brokers are away.
        Raises Unacknowledged when that took longer than `kafka.publish_timeout`: what was sent may
        or may not have arrived, and the caller must stop without acknowledging its source.
        """
        groups: dict[tuple[str, int], list[Outgoing]] = {}
        for record in records:
            groups.setdefault((record.topic, record.lane), []).append(record)
        try:
            async with asyncio.timeout(self._kafka.publish_timeout):
                await self._admin.ensure({topic for topic, _ in groups})
                offsets = await asyncio.gather(
                    *(self._publish_lane(topic, lane, g) for (topic, lane), g in groups.items())
                )
        except TimeoutError as error:
            detail = f"not acknowledged within {self._kafka.publish_timeout} s"
            raise Unacknowledged(f"Kafka {self._kafka.bootstrap}", detail) from error
        except KafkaError as error:
            raise Unacknowledged(f"Kafka {self._kafka.bootstrap}", repr(error)) from error
        return dict(zip(groups, offsets, strict=True))

    async def _publish_lane(self, topic: str, lane: int, records: list[Outgoing]) -> int:
        while lane not in await self._producer.partitions_for(topic):
            # It was added after the producer had asked.
            await self._producer.client.force_metadata_update()
            await asyncio.sleep(METADATA_SECONDS)
        offset, builder = -1, self._producer.create_batch()
        latest = int(time.time() * 1000) + AHEAD_MS
        for record in records:
            if not _append(builder, record, latest):
                offset = await self._send(builder, topic, lane)
                builder = self._producer.create_batch()
                _append(builder, record, latest)
        return await self._send(builder, topic, lane) if builder.record_count() else offset

    async def _send(self, builder: Any, topic: str, lane: int) -> int:
        acknowledged = await self._producer.send_batch(builder, topic, partition=lane)
        count = builder.record_count()
        last: int = (await acknowledged).offset + count - 1
        return last


def _append(builder: Any, record: Outgoing, latest: int) -> bool:
    """Add a record to a batch; its time is unknown where it is later than `latest`, ms."""
    headers = [*source_header(record.source, record.position), *record.headers]
    timestamp = record.timestamp if record.timestamp <= latest else UNKNOWN_TIME
    appended = builder.append(timestamp=timestamp, key=None, value=record.value, headers=headers)
    return appended is not None
