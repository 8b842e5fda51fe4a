"""The publisher on a real Kafka: every codec, headers, lanes and order."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.batch import Batch
from elfaust.publish import Publisher, make_producer
from elfaust.settings import CODECS, Settings
from elfaust.topics import TopicAdmin
from elfaust.types import UNKNOWN_TIME, Outgoing, Record

TIME = 1_600_000_000_000


async def publish(settings: Settings, records: Sequence[Outgoing]) -> dict[tuple[str, int], int]:
    producer, admin = make_producer(settings.kafka), TopicAdmin(settings)
    await producer.start()
    try:
        return await Publisher(settings, producer, admin).publish(records)
    finally:
        await producer.stop()
        await admin.close()


async def read(settings: Settings, topic: str, lane: int, count: int) -> list[Record]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, lane)])
        found: list[Record] = []
        while len(found) < count:
            for fetched in (await consumer.getmany(timeout_ms=500)).values():
                found += Batch(None, fetched).records
        return found
    finally:
        await consumer.stop()


@pytest.mark.parametrize("codec", CODECS)
async def test_records_come_back_in_order_whatever_the_codec(fresh: Settings, codec: str) -> None:
    settings = replace(fresh, kafka=replace(fresh.kafka, compression=codec, batch_bytes=20_000))
    topic = settings.topics.event.format(schema="Edit", revision=1)
    values = [b"%d" % number * 100 for number in range(1_000)]
    records = [Outgoing(topic, n % 2, value, TIME, "raw", n) for n, value in enumerate(values)]
    last = await publish(settings, records)
    assert last == {(topic, 0): 499, (topic, 1): 499}
    for lane in (0, 1):
        assert await read(settings, topic, lane, 500) == [
            Record(values[n], offset, TIME, "raw", n)
            for offset, n in enumerate(range(lane, 1_000, 2))
        ]


async def test_no_time_keeps_a_record_out(fresh: Settings) -> None:
    topic = fresh.topics.event.format(schema="Edit", revision=1)
    ahead = int(time.time() * 1000) + 7_200_000
    times = [TIME, UNKNOWN_TIME, ahead, 253_402_300_799_999, TIME]
    await publish(fresh, [Outgoing(topic, 0, b"x", at, "raw", n) for n, at in enumerate(times)])
    found = [record.timestamp for record in await read(fresh, topic, 0, len(times))]
    assert found == [TIME, UNKNOWN_TIME, UNKNOWN_TIME, UNKNOWN_TIME, TIME]


async def test_lanes_that_a_topic_lacks_are_made(fresh: Settings) -> None:
    narrow = replace(fresh, topics=replace(fresh.topics, lanes=1))
    topic, last = fresh.topics.event.format(schema="Edit", revision=1), fresh.topics.lanes - 1
    producer = make_producer(fresh.kafka)
    await producer.start()
    try:
        for settings, lane in ((narrow, 0), (fresh, last)):
            admin = TopicAdmin(settings)
            # The producer knows the topic as it was before.
            await Publisher(settings, producer, admin).publish(
                [Outgoing(topic, lane, b"%d" % lane, TIME, "raw", lane)]
            )
            await admin.close()
    finally:
        await producer.stop()
    assert [record.value for record in await read(fresh, topic, last, 1)] == [b"%d" % last]
