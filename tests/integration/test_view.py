"""The view's feed on a real Kafka: what there is, what comes, and one record."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from elfaust.delivery.topics import TopicAdmin
from elfaust.names import TopicNames, group_of
from elfaust.records import Record, SchemaKey, Source
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.view import kafka_feed
from elfaust.view.api import Api
from elfaust.view.feed import NoRecord
from elfaust.view.kafka_feed import KafkaFeed
from elfaust.view.seen import seen
from elfaust.view.stored import NO_TABLE, NOT_YET, Row, row_of
from elfaust.view.streams import Streams
from tests.servers import execute


class Sender:
    """Sends events and errors to lane 0."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer) -> None:
        self.settings, self._producer = settings, producer
        self.names = TopicNames(settings)
        #: Each record is made from a line of its own: what repeats one is shown once.
        self.position = 7

    async def make(self, *schemas: str) -> None:
        async with TopicAdmin(self.settings) as admin:
            topics = [self.names.event(SchemaKey(schema, 1)) for schema in schemas]
            await admin.ensure([*topics, self.names.error, *self.names.raw])

    async def event(self, schema: str, word: str) -> None:
        value = {"schema": schema, "revision": 1, "event": {"word": word}}
        await self.send(self.names.event(SchemaKey(schema, 1)), value)

    async def send(self, topic: str, value: object) -> None:
        header = [("source", f"{self.names.raw[0]}:{self.position}".encode())]
        self.position += 1
        data = json.dumps(value).encode()
        await self._producer.send_and_wait(topic, data, partition=0, headers=header)


@pytest.fixture
async def sender(fresh: Settings) -> AsyncIterator[Sender]:
    producer = AIOKafkaProducer(bootstrap_servers=fresh.kafka.bootstrap)
    await producer.start()
    yield Sender(fresh, producer)
    await producer.stop()


@pytest.fixture
async def feed(fresh: Settings) -> AsyncIterator[KafkaFeed]:
    feed = KafkaFeed(fresh)
    task = asyncio.create_task(feed.run())
    yield feed
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.5)


def words(feed: KafkaFeed, after: int = 0) -> list[str]:
    found = [json.loads(one.seen.value)["event"] for one in feed.after(after)]
    return [event.get("word", event.get("code")) for event in found]


async def come(feed: KafkaFeed, *wanted: str) -> None:
    async with asyncio.timeout(10):
        while not set(wanted) <= set(words(feed)):
            await feed.wait(feed.last, 0.2)


async def test_what_is_there_comes_first_and_then_what_comes(
    sender: Sender, feed: KafkaFeed
) -> None:
    await sender.make("Edit", "Word")
    await sender.event("Edit", "a")
    await sender.send(sender.names.error, {"event": {"schema": "Edit", "code": "validation"}})
    await sender.event("Word", "b")
    with feed.looking():
        await feed.fresh()
        assert words(feed) == ["b", "validation", "a"]
        assert feed.after(0)[0].seen.source == Source(sender.names.raw[0], 9)
        await sender.event("Edit", "c")
        await come(feed, "c")
        # Of a topic that is new nothing is missed.
        await sender.make("New")
        await sender.event("New", "first")
        await sender.event("New", "second")
        await come(feed, "first", "second")
        assert words(feed)[:1] == ["second"]
    admin = AIOKafkaAdminClient(bootstrap_servers=sender.settings.kafka.bootstrap)
    await admin.start()
    groups = [name for name, _ in await admin.list_consumer_groups()]
    await admin.close()
    assert group_of(sender.settings, "view") not in groups


async def test_it_sleeps_while_nobody_looks_and_wakes(
    sender: Sender, feed: KafkaFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_feed, "IDLE_SECONDS", 0.0)
    await sender.make("Edit")
    await sender.event("Edit", "a")
    with feed.looking():
        await feed.fresh()
    async with asyncio.timeout(10):
        while feed._wanted.is_set():
            await asyncio.sleep(0.01)
    before = feed.last
    await sender.event("Edit", "b")
    assert words(feed) == ["a"]
    with feed.looking():
        await feed.fresh()
        assert words(feed) == ["b", "a"]
        assert words(feed, after=before) == ["b"]


async def test_a_test_of_a_feature_waits_for_its_event(sender: Sender, feed: KafkaFeed) -> None:
    await sender.make("Edit")
    await sender.event("Edit", "before")
    own = replace(sender.settings.web, api_token="t")
    settings = replace(sender.settings, profile="beta", web=own)
    app = web.Application()
    app.add_routes(Api(settings, feed, Streams(feed)).routes())
    async with TestClient(TestServer(app), headers={"Authorization": "Bearer t"}) as client:
        after = (await (await client.post("/api/reset")).json())["after"]
        query = {"after": after, "schema": "Edit", "count": "1", "wait": "20"}
        asking = asyncio.create_task(client.get("/api/events", params=query))
        await sender.event("Edit", "after")
        found = await (await asking).json()
    assert [one["capsule"]["event"]["word"] for one in found["events"]] == ["after"]


async def test_one_record_or_why_there_is_none(sender: Sender, feed: KafkaFeed) -> None:
    await sender.make("Edit")
    for word in "abc":
        await sender.event("Edit", word)
    topic = sender.names.event(SchemaKey("Edit", 1))
    found = await feed.record(topic, 0, 1)
    assert isinstance(found, Record)
    assert json.loads(found.value)["event"] == {"word": "b"}
    # Records of times that are to come are in none of these.
    now = int(time.time() * 1000)
    assert await feed.came_since(topic, [now - 600_000, now + 600_000]) == [3, 0]
    assert await feed.came_since("eventlogging_None_1", [0]) == [0]
    admin = AIOKafkaAdminClient(bootstrap_servers=sender.settings.kafka.bootstrap)
    await admin.start()
    await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=2)})
    await admin.close()
    for place, says, is_past in (
        ((topic, 0, 1), "begins at offset 2", True),
        ((topic, 0, 3), "ends before offset 3", False),
        ((topic, 99, 0), "partitions", False),
        ((sender.names.event(SchemaKey("Other", 1)), 0, 0), "no such topic", False),
        (("__consumer_offsets", 0, 0), "no topic of this pipeline", False),
    ):
        none = await feed.record(*place)
        assert isinstance(none, NoRecord)
        assert says in none.why
        assert none.is_past is is_past
    async with TopicAdmin(sender.settings) as topics:
        assert sender.names.event(SchemaKey("Other", 1)) not in await topics.names()


def test_the_row_of_an_event_or_why_there_is_none(fresh: Settings) -> None:
    value = {"schema": "Word", "revision": 1, "uuid": "a" * 32, "event": {}}
    topic = TopicNames(fresh).event(SchemaKey("Word", 1))
    one = seen(Record(topic, 0, 0, 1, json.dumps(value).encode()), fresh.topics.error)
    assert row_of(fresh, one) == Row("Word_1", None, NO_TABLE)
    table = f"`{fresh.mysql.database}`.Word_1"
    execute(fresh, f"CREATE TABLE {table} (uuid CHAR(32), dt DATETIME, userAgent TEXT, n BIGINT)")
    assert row_of(fresh, one) == Row("Word_1", None, NOT_YET)
    row = f"'{one.uuid}', '2026-01-31 10:00', 'Mozilla/5.0 (X11) Secret/1', 7"
    with closing(connect(fresh.mysql)) as connection, connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO Word_1 VALUES ({row})")
        connection.commit()
    assert row_of(fresh, one).columns == {
        "uuid": one.uuid,
        "dt": "2026-01-31 10:00:00",
        "userAgent": "<user agent>",
        "n": 7,
    }
