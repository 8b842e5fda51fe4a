"""Batches of events out to topics, every acknowledgement awaited.

Records go out as one record batch per topic and lane, in order, through an idempotent producer that
waits for all replicas. A lane's next batch is sent after the one before it was acknowledged, so
within a topic and lane the source positions only rise: that is what readers rely on to skip what a
restarted worker repeats.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import accumulate
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from elfaust.delivery.broker_errors import is_of_topic
from elfaust.delivery.lots import Lot, fill, headers_of, lot_of, lots_of
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
        return await self.publish_lots(lots_of(records))

    async def publish_lots(self, lots: Iterable[Lot]) -> dict[TopicLane, int]:
        """Publish lots as `publish` does records; each is of a topic and lane of its own."""
        try:
            async with asyncio.timeout(self._kafka.publish_timeout):
                lots = list(lots)
                refusing = await self._admin.create({lot.topic for lot in lots})
                refused = {
                    record: refusing[lot.topic]
                    for lot in lots
                    if lot.topic in refusing
                    for record in lot.records()
                }
                lots = [lot for lot in lots if lot.topic not in refusing]
                batches = self._batches(lots)
                published = await asyncio.gather(
                    *(self._publish_lot(*of) for of in zip(lots, batches, strict=True))
                )
        except TimeoutError as error:
            detail = f"not acknowledged within {self._kafka.publish_timeout} s"
            raise Unacknowledged(f"Kafka {self._kafka.bootstrap}", detail) from error
        except KafkaError as error:
            raise Unacknowledged(f"Kafka {self._kafka.bootstrap}", repr(error)) from error
        for _, unsent in published:
            refused |= unsent
        self._refuse(refused)
        of_lots = zip(lots, published, strict=True)
        return {(lot.topic, lot.lane): last for lot, (last, _) in of_lots}

    def _refuse(self, refused: dict[Outgoing, str]) -> None:
        ours = [
            why for record, why in refused.items() if self._names.schema_of(record.topic) is None
        ]
        if ours:
            # Nothing goes on without the topics of raw lines and of errors.
            raise Unacknowledged(f"Kafka {self._kafka.bootstrap}", ours[0])
        if refused:
            raise TopicRefuses(refused)

    def _batches(self, lots: Iterable[Lot]) -> list[list[Any]]:
        """Return each lot's batches; raises TooLong with all records that do not fit."""
        batches, too_long = [], dict[Outgoing, int]()
        for lot in lots:
            limit = self._limit(lot.topic)
            filled, long = self._fill(lot, limit)
            if any(lot.record(n).shorten for n in long):
                # What is refused is reported, however little its topic takes.
                records = lot.records()
                for n in long:
                    records[n] = _cut(records[n], limit)
                lot = lot_of(records)
                filled, long = self._fill(lot, limit)
            too_long |= {record: _most(record, limit) for record in map(lot.record, long)}
            batches.append(filled)
        if too_long:
            raise TooLong(too_long)
        return batches

    def _limit(self, topic: str) -> int:
        limit = self._admin.limit(topic)
        # What does not get shorter by its codec gets a little longer.
        return limit if self._kafka.compression == "none" else limit - limit // 64

    def _fill(self, lot: Lot, limit: int) -> tuple[list[Any], list[int]]:
        """Fill batches with a lot; return them, and the places of records over the limit."""
        codec = CODECS.index(self._kafka.compression)
        batches = fill(lot.rows(), min(self._kafka.batch_bytes, limit), codec)
        firsts = accumulate((batch.record_count() for batch in batches), initial=0)
        # A batch over the limit has no other record than its first.
        return batches, [
            n for n, batch in zip(firsts, batches, strict=False) if batch.size() > limit
        ]

    async def _publish_lot(self, lot: Lot, batches: list[Any]) -> tuple[int, dict[Outgoing, str]]:
        """Return the last offset, and the records from which on the topic takes nothing."""
        offset, sent = -1, 0
        try:
            while lot.lane not in await self._producer.partitions_for(lot.topic):
                # It was added after the producer had asked.
                await self._producer.client.force_metadata_update()
                await asyncio.sleep(METADATA_SECONDS)
            for batch in batches:
                offset = await self._send(batch, lot.topic, lot.lane)
                sent += batch.record_count()
        except KafkaError as error:
            if not is_of_topic(error):
                raise
            why = f"topic {lot.topic} takes no records: {error!r}"
            return offset, dict.fromkeys(lot.records(sent), why)
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
