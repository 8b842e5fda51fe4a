"""The reader of the counts on a real Kafka: a compacted changelog of several lanes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from elfaust.counts.entry import CountKey
from elfaust.counts.reader import CountsReader, read_counts
from elfaust.delivery.topics import TopicAdmin
from elfaust.names import changelog_topic
from elfaust.settings import Settings


@pytest.fixture
async def producer(fresh: Settings) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=fresh.kafka.bootstrap)
    await producer.start()
    yield producer
    await producer.stop()


async def create_changelog(settings: Settings) -> None:
    async with TopicAdmin(settings) as admin:
        await admin.ensure([changelog_topic(settings)], compacted=True)


async def write(
    producer: AIOKafkaProducer, settings: Settings, lane: int, count: int | None
) -> None:
    key = CountKey(lane, "eventlogging_Edit_7", "Edit", 7, "", None)
    value = {"count": count, "last": 1_000, "positions": {"raw": count}}
    await producer.send_and_wait(
        changelog_topic(settings),
        key=orjson.dumps(key.encode()),
        value=None if count is None else orjson.dumps(value),
        partition=lane,
    )


async def test_without_a_changelog_there_is_nothing(fresh: Settings) -> None:
    view = await read_counts(fresh)
    assert view.rows() == []


async def test_every_lane_counts_once(fresh: Settings, producer: AIOKafkaProducer) -> None:
    await create_changelog(fresh)
    for lane in range(fresh.topics.lanes):
        for count in (1, 5, 10):
            await write(producer, fresh, lane, count)
    await write(producer, fresh, 0, None)
    view = await read_counts(fresh)
    assert [row.valid for row in view.rows()] == [10 * (fresh.topics.lanes - 1)]


async def test_a_reader_follows_a_changelog_that_appears_later(
    fresh: Settings, producer: AIOKafkaProducer
) -> None:
    reader = CountsReader(fresh)
    await reader.start()
    try:
        await reader.caught_up()
        assert reader.view.rows() == []
        await asyncio.sleep(1.5)
        await create_changelog(fresh)
        for count in (1, 2, 3):
            await write(producer, fresh, 0, count)
            await reader.caught_up()
            assert [row.valid for row in reader.view.rows()] == [count]
        assert reader.view.complete
    finally:
        await reader.stop()


async def test_lanes_that_were_added_are_read_whatever_this_worker_was_started_with(
    fresh: Settings, producer: AIOKafkaProducer
) -> None:
    reader, more = CountsReader(fresh), fresh.topics.lanes + 2
    await create_changelog(fresh)
    await reader.start()
    try:
        await reader.caught_up()
        await create_changelog(replace(fresh, topics=replace(fresh.topics, lanes=more)))
        while len(await producer.partitions_for(changelog_topic(fresh))) < more:
            await producer.client.force_metadata_update()
        await write(producer, fresh, 0, 2)
        await write(producer, fresh, more - 1, 3)
        await reader.caught_up()
        assert [row.valid for row in reader.view.rows()] == [5]
        assert reader.merged.lane(more - 1).entries
    finally:
        await reader.stop()
    # One that was started with more lanes than there are does not wait for them.
    view = await read_counts(replace(fresh, topics=replace(fresh.topics, lanes=2 * more)))
    assert [row.valid for row in view.rows()] == [5]


async def test_reading_does_not_create_the_changelog(fresh: Settings) -> None:
    await read_counts(fresh)
    async with TopicAdmin(fresh) as admin:
        assert changelog_topic(fresh) not in await admin.names()
