"""Batches of events out to topics, every acknowledgement awaited.

Records go out as one record batch per topic and lane, in order, through an idempotent producer that
waits for all replicas. A lane's next batch is sent after the one before it was acknowledged, so
within a topic and lane the source positions only rise: that is what readers rely on to skip what a
restarted worker repeats.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from elfaust.delivery.broker_errors import is_of_topic
from elfaust.delivery.filling import fill, headers_of
from elfaust.delivery.privates import take_back_numbers
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import TooLong, TopicRefuses, Unacknowledged
from elfaust.names import TopicNames
from elfaust.records import Outgoing
from elfaust.settings import CODECS, Kafka, Settings

#: Bytes of a batch with one record that are not its value, key or headers' own: at most so many.
BATCH_OVERHEAD = 160
#: Wait between looks for a lane that has just been added.
METADATA_SECONDS = 0.1

TopicLane = tuple[str, int]
Groups = Mapping[TopicLane, list[Outgoing]]


def make_producer(kafka: Kafka) -> AIOKafkaProducer:
    """Return a producer, not started, with the delivery that `Publisher` needs."""
    return AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap,
        acks="all",
        enable_idempotence=True,
        max_batch_size=kafka.batch_bytes,
        compression_type=None if kafka.compression == "none" else kafka.compression,
        request_timeout_ms=int(kafka.request_timeout * 1000),
    )


@asynccontextmanager
async def publishing(settings: Settings) -> AsyncIterator[Publisher]:
    """Give a publisher with a producer of its own, which ends with the context."""
    async with TopicAdmin(settings) as admin:
        producer = make_producer(settings.kafka)
        try:
            await producer.start()
            yield Publisher(settings, producer, admin)
        finally:
            # Also one that could not start has something to close.
            await producer.stop()


class Publisher:
    """Publishes records through a started producer; topics are created as they appear."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer, admin: TopicAdmin) -> None:
        self._kafka = settings.kafka
        self._names = TopicNames(settings)
        self._producer = producer
        self._admin = admin

    async def publish(self, records: Sequence[Outgoing]) -> dict[TopicLane, int]:
        """Publish records; return the last offset of each (topic, lane) once all are durable.

        The producer tries again by itself, in order and without doubles, while brokers are away.
        Raises Unacknowledged when that took longer than `kafka.publish_timeout`: what was sent may
        or may not have arrived, and the caller must stop without acknowledging its source.
        Raises TooLong, before anything is sent, when a topic does not take some of the records;
        those that may be shortened are cut. Raises TopicRefuses, after all others are durable, for
        the records of schemas' topics that take nothing at all.
        """
        groups: dict[TopicLane, list[Outgoing]] = {}
        for record in records:
            groups.setdefault((record.topic, record.lane), []).append(record)
        return await self.publish_groups(groups)

    async def publish_groups(self, groups: Groups) -> dict[TopicLane, int]:
        """Publish records as `publish` does; they are in groups of a topic and lane already."""
        try:
            async with asyncio.timeout(self._kafka.publish_timeout):
                refusing = await self._admin.create({topic for topic, _ in groups})
                refused = {
                    record: refusing[topic]
                    for (topic, _), records in groups.items()
                    if topic in refusing
                    for record in records
                }
                batches = self._batches(
                    {lane: group for lane, group in groups.items() if lane[0] not in refusing}
                )
                published = await asyncio.gather(
                    *(self._publish_lane(*lane, batches[lane], groups[lane]) for lane in batches)
                )
        except TimeoutError as error:
            detail = f"not acknowledged within {self._kafka.publish_timeout} s"
            raise Unacknowledged(f"Kafka {self._kafka.bootstrap}", detail) from error
        except KafkaError as error:
            raise Unacknowledged(f"Kafka {self._kafka.bootstrap}", repr(error)) from error
        for _, unsent in published:
            refused |= unsent
        self._refuse(refused)
        return {lane: last for lane, (last, _) in zip(batches, published, strict=True)}

    def _refuse(self, refused: dict[Outgoing, str]) -> None:
        ours = [
            why for record, why in refused.items() if self._names.schema_of(record.topic) is None
        ]
        if ours:
            # Nothing goes on without the topics of raw lines and of errors.
            raise Unacknowledged(f"Kafka {self._kafka.bootstrap}", ours[0])
        if refused:
            raise TopicRefuses(refused)

    def _batches(self, groups: Groups) -> dict[TopicLane, list[Any]]:
        """Return each lane's batches; raises TooLong with all records that do not fit."""
        batches, too_long = {}, dict[Outgoing, int]()
        for (topic, lane), records in groups.items():
            limit = self._limit(topic)
            batches[topic, lane], long = self._fill(records, limit)
            if any(record.shorten for record in long):
                # What is refused is reported, however little its topic takes.
                cut = [_cut(record, limit) if record in long else record for record in records]
                batches[topic, lane], long = self._fill(cut, limit)
            too_long |= {record: _most(record, limit) for record in long}
        if too_long:
            raise TooLong(too_long)
        return batches

    def _limit(self, topic: str) -> int:
        limit = self._admin.limit(topic)
        # What does not get shorter by its codec gets a little longer.
        return limit if self._kafka.compression == "none" else limit - limit // 64

    def _fill(self, records: list[Outgoing], limit: int) -> tuple[list[Any], list[Outgoing]]:
        """Fill batches with records; return them, and the records that are over the limit."""
        codec = CODECS.index(self._kafka.compression)
        batches, firsts = fill(records, min(self._kafka.batch_bytes, limit), codec)
        # Only a batch of one record can be.
        filled = zip(batches, firsts, strict=True)
        return batches, [record for batch, record in filled if batch.size() > limit]

    async def _publish_lane(
        self, topic: str, lane: int, batches: list[Any], records: list[Outgoing]
    ) -> tuple[int, dict[Outgoing, str]]:
        """Return the last offset, and the records from which on the topic takes nothing."""
        offset, sent = -1, 0
        try:
            while lane not in await self._producer.partitions_for(topic):
                # It was added after the producer had asked.
                await self._producer.client.force_metadata_update()
                await asyncio.sleep(METADATA_SECONDS)
            for batch in batches:
                offset = await self._send(batch, topic, lane)
                sent += batch.record_count()
        except KafkaError as error:
            if not is_of_topic(error):
                raise
            why = f"topic {topic} takes no records: {error!r}"
            return offset, dict.fromkeys(records[sent:], why)
        return offset, {}

    async def _send(self, builder: Any, topic: str, lane: int) -> int:
        acknowledged = await self._producer.send_batch(builder, topic, partition=lane)
        count = builder.record_count()
        try:
            last: int = (await acknowledged).offset + count - 1
        except KafkaError as error:
            if is_of_topic(error):
                take_back_numbers(self._producer, topic, lane, count)
            raise
        return last


def _most(record: Outgoing, limit: int) -> int:
    """Return how many bytes a record's value may have."""
    return limit - BATCH_OVERHEAD - _headers_size(record)


def _cut(record: Outgoing, limit: int) -> Outgoing:
    shorten = record.shorten
    return record._replace(value=shorten(record.value, _most(record, limit))) if shorten else record


def _headers_size(record: Outgoing) -> int:
    return sum(len(key.encode()) + len(value) + 8 for key, value in headers_of(record))
