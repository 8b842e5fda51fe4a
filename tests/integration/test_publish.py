"""The publisher on a real Kafka: every codec, headers, lanes and order."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from elfaust.delivery.batch import records_of
from elfaust.delivery.publisher import Publisher, make_producer, publishing
from elfaust.delivery.topic_limits import IncrementalAlterConfigs, read_limits
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import TooLong, TopicRefuses, Unacknowledged
from elfaust.records import UNKNOWN_TIME, Outgoing, Record, Source, position_of
from elfaust.settings import CODECS, Settings
from elfaust.testing import make_record

TIME = 1_600_000_000_000


async def publish(settings: Settings, records: Sequence[Outgoing]) -> dict[tuple[str, int], int]:
    async with publishing(settings) as publisher:
        return await publisher.publish(records)


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
                found += records_of(fetched)
        return found
    finally:
        await consumer.stop()


@pytest.mark.parametrize("codec", CODECS)
async def test_records_come_back_in_order_whatever_the_codec(fresh: Settings, codec: str) -> None:
    settings = replace(fresh, kafka=replace(fresh.kafka, compression=codec, batch_bytes=20_000))
    topic = settings.topics.event.format(schema="Edit", revision=1)
    values = [b"%d" % number * 100 for number in range(1_000)]
    records = [
        Outgoing(topic, n % 2, value, TIME, Source("raw", n)) for n, value in enumerate(values)
    ]
    last = await publish(settings, records)
    assert last == {(topic, 0): 499, (topic, 1): 499}
    for lane in (0, 1):
        assert await read(settings, topic, lane, 500) == [
            make_record(values[n], offset, TIME, ("raw", n), topic=topic, lane=lane)
            for offset, n in enumerate(range(lane, 1_000, 2))
        ]


async def test_no_time_keeps_a_record_out(fresh: Settings) -> None:
    topic = fresh.topics.event.format(schema="Edit", revision=1)
    ahead = int(time.time() * 1000) + 7_200_000
    times = [TIME, UNKNOWN_TIME, ahead, 253_402_300_799_999, TIME]
    await publish(
        fresh, [Outgoing(topic, 0, b"x", at, Source("raw", n)) for n, at in enumerate(times)]
    )
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
                [Outgoing(topic, lane, b"%d" % lane, TIME, Source("raw", lane))]
            )
            await admin.close()
    finally:
        await producer.stop()
    assert [record.value for record in await read(fresh, topic, last, 1)] == [b"%d" % last]


async def test_a_topic_is_made_for_long_records(fresh: Settings) -> None:
    topic, value = fresh.topics.event.format(schema="Edit", revision=1), b"x" * 4_100_000
    await publish(fresh, [Outgoing(topic, 0, value, TIME, Source("raw", 0))])
    assert [len(record.value) for record in await read(fresh, topic, 0, 1)] == [len(value)]


async def test_a_topic_keeps_its_records_as_long_as_is_set(fresh: Settings) -> None:
    topics = replace(fresh.topics, retention_hours=168.0)
    topic = topics.event.format(schema="Edit", revision=1)
    async with TopicAdmin(replace(fresh, topics=topics)) as ours:
        await ours.ensure([topic])
    admin = AIOKafkaAdminClient(bootstrap_servers=fresh.kafka.bootstrap)
    await admin.start()
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": ""})
    [answer] = await admin.describe_configs([resource])
    await admin.close()
    assert answer.resources[0][4][0][:2] == ("retention.ms", str(7 * 24 * 3_600_000))


async def test_topics_that_take_less_are_altered_and_keep_the_rest(fresh: Settings) -> None:
    topic = fresh.topics.event.format(schema="Edit", revision=1)
    admin = AIOKafkaAdminClient(bootstrap_servers=fresh.kafka.bootstrap)
    await admin.start()
    config = {"max.message.bytes": "1048588", "retention.ms": "86400000"}
    await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=config)])
    published: dict[tuple[str, int], int] = {}
    while not published:
        # Brokers heed what was altered a little later: a worker ends then, and starts again.
        with suppress(Unacknowledged):
            published = await publish(
                fresh, [Outgoing(topic, 0, b"x" * 2_000_000, TIME, Source("raw", 0))]
            )
    [answer] = await admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, topic, dict.fromkeys(config))]
    )
    await admin.close()
    found = {entry[0]: entry[1] for entry in answer.resources[0][4]}
    assert found == config | {"max.message.bytes": str(fresh.topics.max_message_bytes)}


@pytest.mark.parametrize("codec", CODECS)
async def test_what_a_topic_does_not_take_is_known_before_anything_is_sent(
    fresh: Settings, codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A topic that may not be altered takes 60,000 bytes, though a batch may have more."""
    topic = fresh.topics.event.format(schema="Edit", revision=1)
    admin = AIOKafkaAdminClient(bootstrap_servers=fresh.kafka.bootstrap)
    await admin.start()
    config = {"max.message.bytes": "60000"}
    await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=config)])
    await admin.close()
    monkeypatch.setattr("elfaust.delivery.topics.raise_limits", lambda *given: limits(*given[:2]))
    settings = replace(fresh, kafka=replace(fresh.kafka, compression=codec))
    long = random.Random(3).randbytes(70_000)
    values = [*(b"%d" % n * 500 for n in range(1_000)), long]
    records = [Outgoing(topic, 0, value, TIME, Source("raw", n)) for n, value in enumerate(values)]
    with pytest.raises(TooLong) as caught:
        await publish(settings, records)
    [(record, fits)] = caught.value.records.items()
    assert record == records[-1]
    records[-1] = record._replace(value=long[:fits])
    assert await publish(settings, records) == {(topic, 0): 1_000}
    assert [r.value for r in await read(settings, topic, 0, 1_001)] == [r.value for r in records]


async def limits(admin: AIOKafkaAdminClient, topics: Iterable[str]) -> dict[str, int]:
    return await read_limits(admin, topics)


async def test_topics_that_take_nothing_hold_up_no_other_and_lose_nothing(fresh: Settings) -> None:
    compacted, twin, good = (
        fresh.topics.event.format(schema=schema, revision=1) for schema in ("Kept", "Twin", "Good")
    )
    admin, client = TopicAdmin(fresh), AIOKafkaAdminClient(bootstrap_servers=fresh.kafka.bootstrap)
    producer = make_producer(fresh.kafka)
    await asyncio.gather(producer.start(), client.start())
    publisher = Publisher(fresh, producer, admin)
    # Kafka takes no two topics that differ by this alone.
    await client.create_topics([NewTopic(twin.replace("_", ".").replace("-", "."), 1, 1)])
    first = Outgoing(compacted, 0, b"0", TIME, Source("raw", 0))
    records = [
        Outgoing(topic, 0, b"%d" % n, TIME, Source("raw", n))
        for n, topic in enumerate([compacted, twin, good, compacted], 1)
    ]
    try:
        await publisher.publish([first])
        await cleanup(client, compacted, "compact")
        while await taken(publisher, [first]):
            await asyncio.sleep(0.05)
        with pytest.raises(TopicRefuses) as caught:
            await publisher.publish(records)
        why = caught.value.records
        assert set(why) == {records[0], records[1], records[3]}
        assert f"topic {twin} was not created: " in why[records[1]]
        assert [position_of(r) for r in await read(fresh, good, 0, 1)] == [3]
        await cleanup(client, compacted, "delete")
        while not await taken(publisher, [records[0], records[3]]):
            await asyncio.sleep(0.05)
        last = await publisher.publish([records[0]])
        found = [position_of(r) for r in await read(fresh, compacted, 0, last[compacted, 0] + 1)]
        assert (set(found[:-3]), found[-3:]) == ({0}, [1, 4, 1])
    finally:
        await asyncio.gather(producer.stop(), client.close(), admin.close())


async def taken(publisher: Publisher, records: Sequence[Outgoing]) -> bool:
    """Return whether a topic takes records; brokers heed its new settings a little later."""
    with suppress(TopicRefuses):
        return bool(await publisher.publish(records))
    return False


async def cleanup(client: AIOKafkaAdminClient, topic: str, policy: str) -> None:
    answer = await client._send_request(IncrementalAlterConfigs([topic], "cleanup.policy", policy))
    assert answer.resources[0][0] == 0


async def test_nothing_goes_on_without_the_topic_of_errors(fresh: Settings) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=fresh.kafka.bootstrap)
    await client.start()
    config = {"cleanup.policy": "compact"}
    await client.create_topics([NewTopic(fresh.topics.error, 1, 1, topic_configs=config)])
    await client.close()
    with pytest.raises(Unacknowledged, match=f"topic {fresh.topics.error} takes no records"):
        await publish(fresh, [Outgoing(fresh.topics.error, 0, b"{}", TIME, Source("raw", 0))])
