"""Raw records as any client writes them, and what the servers hold of each, read separately.

Kafka, MySQL and HDFS are read without what elfaust reads them by.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from itertools import cycle, islice
from typing import Any, NamedTuple

import MySQLdb.cursors
import pyarrow.parquet as pq
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import InvalidTimestampError

from elfaust.delivery.privates import take_back_numbers
from elfaust.delivery.publisher import make_producer
from elfaust.delivery.topic_limits import IncrementalAlterConfigs
from elfaust.delivery.topics import TopicAdmin
from elfaust.events.refusals import topic_of
from elfaust.names import ERRORS
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.storage import open_storage
from elfaust.trial.recorded import cases
from tests.integration.bad_inputs import NOW
from tests.integration.hostile_inputs import Hostile

SINKS = ("mysql", "hdfs")


class Place(NamedTuple):
    """Where a record stands in Kafka."""

    topic: str
    lane: int
    offset: int


class Error(NamedTuple):
    """An EventError; `role` is that of the sink which refused an event, empty for a raw line."""

    role: str
    event: dict[str, Any]


def good(count: int) -> Iterator[Hostile]:
    """Yield recorded lines that are valid, of 20 schemas in turn."""
    by_schema = {found.key: found for found in cases()[0]}
    for kind, before, after, key in islice(cycle(list(by_schema.values())[:20]), count):
        moment = after.replace(b"\t@\t", b"\t%s\t" % NOW.encode(), 1)
        yield Hostile(f"good {key.schema}", before + b"@seq@" + moment, is_server=kind == "server")


def with_good(hostile: Sequence[Hostile], each: int = 4) -> Iterator[Hostile]:
    """Yield what is hostile, each with some good lines after it."""
    lines = good(each * len(hostile))
    for one in hostile:
        yield one
        yield from islice(lines, each)


async def write(settings: Settings, records: Sequence[Hostile]) -> dict[Place, Hostile]:
    """Write records to the lanes of the raw topics in turn; return where each is."""
    topics, admin = settings.topics, TopicAdmin(settings)
    raw = [topics.raw_client, topics.raw_server]
    producer = make_producer(settings.kafka)
    await producer.start()
    try:
        await admin.ensure(raw)
        await _take_any_time(producer, raw)
        lanes: defaultdict[tuple[str, int], list[tuple[int, Hostile]]] = defaultdict(list)
        for number, record in enumerate(records):
            lanes[raw[record.is_server], number % topics.lanes].append((number, record))
        places: dict[Place, Hostile] = {}
        for (topic, lane), numbered in lanes.items():
            async for offset, record in _write_lane(producer, topic, lane, numbered):
                places[Place(topic, lane, offset)] = record
        return places
    finally:
        await producer.stop()
        await admin.close()


async def _take_any_time(producer: Any, topics: list[str]) -> None:
    """Make topics take times of the far future, as those of a broker before Kafka 3.6 do."""
    name = "message.timestamp.after.max.ms"
    client = producer.client
    request = IncrementalAlterConfigs(topics, name, str(2**63 - 1))
    answer = await client.send(client.get_random_node(), request)
    assert all(code == 0 for code, *_ in answer.resources), answer


async def _write_lane(
    producer: Any, topic: str, lane: int, numbered: Sequence[tuple[int, Hostile]]
) -> AsyncIterator[tuple[int, Hostile]]:
    left = list(numbered)
    while left:
        batch, taken = producer.create_batch(), list[Hostile]()
        for number, record in left:
            # Times that are far from each other have no place in one batch.
            if taken and taken[0].timestamp != record.timestamp:
                break
            value = record.line.replace(b"@seq@", b"%d" % number)
            added = batch.append(
                timestamp=record.timestamp, key=None, value=value, headers=list(record.headers)
            )
            if added is None:
                break
            taken.append(record)
        assert taken
        try:
            first = (await (await producer.send_batch(batch, topic, partition=lane))).offset
        except InvalidTimestampError:
            # A broker answers a change of settings before its logs follow it.
            take_back_numbers(producer, topic, lane, len(taken))
            await asyncio.sleep(0.05)
            continue
        del left[: len(taken)]
        for offset, record in enumerate(taken, first):
            yield offset, record


class Found:
    """What there is of each raw record, by its place."""

    def __init__(self) -> None:
        #: Uuids of the events made of a record.
        self.events: defaultdict[Place, list[str]] = defaultdict(list)
        self.errors: defaultdict[Place, list[Error]] = defaultdict(list)
        self.rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.parquet: Counter[str] = Counter()

    def differences(self, place: Place, sent: Hostile, is_held: bool) -> Iterator[str]:
        """Yield what is otherwise than it must be; a held event is in no row yet, or in one."""
        errors, events = self.errors[place], self.events[place]
        judged = [error.event for error in errors if not error.role]
        if len(judged) + len(events) != 1:
            yield f"{len(events)} events, {len(judged)} errors"
            return
        for error in errors:
            if sent.says not in error.event["message"]:
                yield f"message {error.event['message']:.200}"
        if judged and judged[0]["code"] != sent.code:
            yield f"code {judged[0]['code']}: {judged[0]['message']:.200}"
        if sent.code and not judged:
            yield f"an event, not {sent.code}"
        for uuid in events:
            yield from self._of_event(uuid, sent, Counter(e.role for e in errors), is_held)

    def _of_event(
        self, uuid: str, sent: Hostile, refused: Counter[str], is_held: bool
    ) -> Iterator[str]:
        stored = {"mysql": len(self.rows[uuid]), "hdfs": self.parquet[uuid]}
        for role in SINKS:
            if refused[role] != (role in sent.sinks):
                yield f"{role} has refused it {refused[role]} times"
            total = stored[role] + refused[role]
            if total != 1 and not (is_held and role == "mysql" and total == 0):
                yield f"{role} has it {stored[role]} times, refused {refused[role]} times"
        for row in self.rows[uuid]:
            # Whatever is cut is JSON still.
            assert row.get("userAgent") is None or json.loads(row["userAgent"])
            for name, value in sent.row.items():
                if row[name] != value:
                    yield f"its row has {name} {row[name]!r}"


async def read(settings: Settings, error_topic: str, event_topics: Sequence[str]) -> Found:
    """Read the topics, the tables and the files, whole."""
    found = Found()
    records = await _records(settings, [*event_topics, error_topic])
    for place, source, value in _once(records):
        if place.topic == error_topic:
            role, _, topic = source.topic.rpartition("/")
            line = source._replace(topic=topic)
            found.errors[line].append(Error(role, json.loads(value)["event"]))
        else:
            found.events[source].append(json.loads(value)["uuid"])
    _add_rows(settings, found)
    _add_parquet(settings, found)
    return found


async def _records(settings: Settings, topics: Sequence[str]) -> list[tuple[Place, Any]]:
    lanes = [TopicPartition(name, n) for name in topics for n in range(settings.topics.lanes)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign(lanes)
        ends, records = await consumer.end_offsets(lanes), list[tuple[Place, Any]]()
        behind = {lane for lane in lanes if ends[lane]}
        while behind:
            for lane, got in (await consumer.getmany(timeout_ms=200)).items():
                records += [
                    (Place(lane.topic, lane.partition, record.offset), record) for record in got
                ]
            behind = {lane for lane in behind if await consumer.position(lane) < ends[lane]}
        return records
    finally:
        await consumer.stop()


def _once(records: Sequence[tuple[Place, Any]]) -> Iterator[tuple[Place, Place, bytes]]:
    """Yield where each record is and where its source was; a restarted worker's repeats once."""
    seen = set[tuple[str, Place]]()
    for place, record in records:
        [source] = [value for key, value in record.headers if key == "source"]
        topic, _, offset = source.decode().rpartition(":")
        of = Place(topic_of(topic), place.lane, int(offset))
        if (place.topic, of) not in seen:
            seen.add((place.topic, of))
            yield place, of, record.value


def _add_rows(settings: Settings, found: Found) -> None:
    with closing(connect(settings.mysql)) as connection:
        cursor = connection.cursor(MySQLdb.cursors.DictCursor)
        cursor.execute(
            "SELECT table_name AS name FROM information_schema.columns"
            " WHERE table_schema = DATABASE() AND column_name = 'uuid'"
        )
        for table in [row["name"] for row in cursor.fetchall()]:
            cursor.execute(f"SELECT * FROM `{table}`")
            for row in cursor.fetchall():
                found.rows[row["uuid"]].append(row)


def _add_parquet(settings: Settings, found: Found) -> None:
    storage, root = open_storage(settings.hdfs), settings.hdfs.root
    for folder in storage.list(root):
        if folder.startswith("_") or folder == ERRORS:
            continue
        for path in storage.walk(f"{root}/{folder}"):
            table = pq.read_table(io.BytesIO(storage.read(path)), columns=["uuid"])
            found.parquet.update(table["uuid"].to_pylist())
