"""A line that sinks refuse is one error, however many refuse it, how often, in whatever order."""

from __future__ import annotations

import asyncio
import io
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.audit.account import read_account
from elfaust.audit.account_entries import Entry
from elfaust.audit.topics import scan
from elfaust.counts.reader import read_counts
from elfaust.delivery.publisher import publishing
from elfaust.delivery.topics import TopicAdmin
from elfaust.names import TopicNames
from elfaust.records import Outgoing, SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.ddl import create_table
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.storage import open_storage
from elfaust.trial.job import landed
from elfaust.web.board import Beside, board
from elfaust.web.pages import render
from elfaust.web.query import Query
from tests.integration.running import working

GOOD, TAKEN, BIG, SMALL = (SchemaKey(name, 1) for name in ("Good", "Taken", "Foo", "foo"))
EACH = 300
#: What becomes of the lines of each schema: how many are stored in MySQL and in Parquet.
STORED = {GOOD: (EACH, EACH), TAKEN: (0, 0), BIG: (EACH, EACH), SMALL: (EACH, 0)}


@pytest.fixture
def mine(quick: Settings, tmp_path: Path) -> Settings:
    for key in STORED:
        folder = tmp_path / "schemas" / key.schema
        folder.mkdir(parents=True)
        schema = {"properties": {"n": {"type": "integer"}}}
        (folder / f"{key.revision}.json").write_bytes(orjson.dumps(schema))
    schemas = replace(quick.schemas, folder=str(tmp_path / "schemas"))
    return replace(quick, schemas=schemas)


def line(key: SchemaKey, number: int, event: object) -> bytes:
    capsule = {
        "schema": key.schema,
        "revision": key.revision,
        "wiki": "enwiki",
        "webHost": "en.wikipedia.org",
        "recvFrom": key.schema,
        "timestamp": int(time.time()),
        "event": event,
    }
    return b"%d EventLogging %s" % (number, orjson.dumps(capsule))


def lines() -> Iterator[bytes]:
    """Yield lines of all schemas in turn, some of which the processor refuses."""
    for number in range(EACH):
        for key in STORED:
            yield line(key, number, {"n": number})
        if number % 3 == 0:
            yield line(TAKEN, EACH + number, {"n": "none"})


async def publish(settings: Settings) -> int:
    """Publish the lines to all lanes of both raw topics; return how many they are."""
    raw = list(lines())
    async with publishing(settings) as publisher:
        await publisher.publish(
            [
                Outgoing(
                    settings.topics.raw_server,
                    number % settings.topics.lanes,
                    one,
                    int(time.time() * 1000),
                )
                for number, one in enumerate(raw)
            ]
        )
    return len(raw)


async def again(settings: Settings, *roles: str) -> None:
    """Reset the offsets of roles that do not run, so that they read everything once more."""
    admin, names = TopicAdmin(settings), TopicNames(settings)
    lanes = await admin.lanes()
    await admin.close()
    for role in roles:
        events = [topic for topic in lanes if names.schema_of(topic)]
        both = [*events, names.error]
        of_role = {"processor": [*names.raw], "throughput": both, "hdfs": both}
        topics = of_role.get(role, events)
        begin = {TopicPartition(t, lane): 0 for t in topics for lane in range(lanes[t])}
        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka.bootstrap,
            group_id=settings.kafka.app_id.format(role=role),
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            consumer.assign(list(begin))
            await consumer.commit(begin)
        finally:
            await consumer.stop()


def forget_files(settings: Settings) -> None:
    """Make the HDFS sink store and refuse everything once more."""
    storage, root = open_storage(settings.hdfs), settings.hdfs.root
    for name in storage.list(root):
        if name != "_owners":
            storage.delete(f"{root}/{name}")


def rows(settings: Settings, key: SchemaKey) -> int:
    """Return the rows of a table by SQL of the test's own."""
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(DISTINCT uuid), COUNT(*) FROM `{key.schema}_{key.revision}`")
        [(different, count)] = cursor.fetchall()
    assert different == count
    return int(count)


def error_uuids(settings: Settings) -> Counter[str]:
    """Return how many different EventErrors the error topic has of each schema, by their uuid."""
    topic = TopicNames(settings).error
    errors = [
        orjson.loads(record.value)
        for lane in asyncio.run(scan(settings))
        if lane.topic == topic
        for record in lane.records
    ]
    named = {(error["uuid"], error["event"]["schema"]) for error in errors}
    assert len({uuid for uuid, _ in named}) == len(named)
    return Counter(schema for _, schema in named)


def error_rows(settings: Settings) -> Counter[str]:
    """Return how many different EventErrors files have of each schema, by their uuid."""
    storage, names = open_storage(settings.hdfs), FileNames(settings)
    found = [
        row
        for path in storage.walk(names.of_errors)
        for row in pq.read_table(io.BytesIO(storage.read(path))).to_pylist()
    ]
    by = Counter((row["uuid"], row["refused_by"]) for row in found)
    assert {times for (_, role), times in by.items() if role == "processor"} == {1}
    assert {role for _, role in by} == {"processor", "mysql", "hdfs"}
    assert all(row["received"] and row["raw_line"] and row["raw_topic"] for row in found)
    named = {(row["uuid"], row["schema"]) for row in found}
    return Counter(schema for _, schema in named)


def check(settings: Settings, total: int) -> None:
    account = asyncio.run(read_account(settings))
    assert account.problems == []
    assert account.raw == total
    found = {one.key: one for one in account.entries}
    invalid = len(range(0, EACH, 3))
    errors = {
        GOOD: Counter[str](),
        TAKEN: Counter(consumer=EACH, validation=invalid),
        BIG: Counter[str](),
        SMALL: Counter(consumer=EACH),
    }
    view = asyncio.run(read_counts(settings))
    data = view.as_json()
    shown = {(row["schema"], row["revision"]): row for row in data["schemas"]}
    uuids = error_uuids(settings)
    for key, of in errors.items():
        one: Entry = found[key]
        stored = EACH - of["consumer"]
        assert (one.lines, one.stored, one.invalid) == (stored + of.total(), stored, of)
        assert (one.in_store("mysql").events, one.in_store("hdfs").events) == STORED[key]
        assert rows(settings, key) == STORED[key][0]
        page = shown[key]
        assert (page["lines"], page["stored"], page["errors"]) == (one.lines, stored, of)
        assert sum(minute["stored"] for minute in page["minutes"]) == stored
        assert uuids[key.schema] == of.total()
    assert error_rows(settings) == uuids
    assert data["total"]["lines"] == total
    assert found[TAKEN].unfit == Counter(mysql=EACH, hdfs=EACH)
    html = render(board(view, Beside(), time.time(), 15), Query(), settings)
    assert f"<dd>{total:,}</dd>" in html


@pytest.mark.timeout(300)
def test_lines_are_stored_or_one_error_whoever_refuses_them(
    mine: Settings, admin: Callable[[str], None]
) -> None:
    # Tables and folders alone know this: the one is another schema's, the other as well.
    made = create_table("Taken_1", Registry(mine.schemas).find(TAKEN))
    admin(made.replace("Taken 1", "Other 1"))
    storage, root = open_storage(mine.hdfs), mine.hdfs.root
    storage.write(f"{root}/_owners/taken_1", b"TAKEN_1")
    storage.write(f"{root}/_owners/foo_1", b"Foo_1")
    quick, slow = replace(mine.mysql, flush_seconds=0.1), replace(mine.hdfs, flush_seconds=2.0)
    total = asyncio.run(publish(mine))
    with working(replace(mine, mysql=quick, hdfs=slow), forwarder=0) as codes:
        asyncio.run(landed(mine, total, timeout=60.0))
    assert codes.ended == []
    check(mine, total)
    # MySQL and counts once more, with the lanes of each shared by two.
    asyncio.run(again(mine, "mysql", "throughput"))
    with working(mine, forwarder=0, mysql=2, throughput=2):
        asyncio.run(landed(mine, total, timeout=60.0))
    check(mine, total)
    # All once more, in an order of its own: each event has a second record then.
    asyncio.run(again(mine, "processor", "hdfs"))
    forget_files(mine)
    few = replace(mine.hdfs, flush_rows=20, flush_seconds=0.1)
    with working(replace(mine, hdfs=few), forwarder=0, hdfs=2):
        asyncio.run(landed(mine, total, timeout=60.0))
    check(mine, total)
