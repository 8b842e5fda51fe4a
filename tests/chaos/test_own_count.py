"""The campaign's own count on real servers: a store made by hand, whole at first, then broken.

What a worker writes is read here as what anybody else writes: the count looks at Kafka's headers,
at uuids and at the changelog alone.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable, Mapping

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from aiokafka import AIOKafkaProducer

from elfaust.counts.entry import CountKey
from elfaust.delivery.publisher import publishing
from elfaust.delivery.topics import TopicAdmin
from elfaust.names import changelog_topic
from elfaust.records import Outgoing, SchemaKey, Source
from elfaust.settings import Settings
from elfaust.storage import open_storage
from tests.chaos.book import EVENT, Book, Line
from tests.chaos.own_count import Verdict, judge

EDIT, SAVE, GONE = SchemaKey("Edit", 1), SchemaKey("Save-It", 2), SchemaKey("Gone", 3)
#: The uuids of each schema revision's events.
EVENTS = {EDIT: "abcd", SAVE: "ef", GONE: "gh"}
#: Who writes the counts: of a key that many may have written, the most would count.
WRITER = "0123456789ab"
TABLES = {EDIT: "Edit_1", SAVE: "Save_It_2", GONE: "Gone_3"}


async def send(settings: Settings, book: Book) -> None:
    """Send lines, and the events that they became."""
    raw = settings.topics.raw_client
    lines, events = list[Outgoing](), list[Outgoing]()
    for key, uuids in EVENTS.items():
        topic = settings.topics.event.format(schema=key.schema, revision=key.revision)
        for uuid in uuids:
            line = Line("client", uuid.encode(), frozenset({EVENT}))
            book.note(line)
            value = orjson.dumps({"uuid": uuid, **key._asdict()})
            source = Source(f"{raw}@id", len(lines))
            lines.append(Outgoing(raw, 0, line.line, 1_000))
            events.append(Outgoing(topic, 0, value, 1_000, source))
    async with publishing(settings) as publisher:
        await publisher.publish([*lines, *events])


async def count(settings: Settings, counts: Mapping[SchemaKey, int | None]) -> None:
    """Write the entries of schema revisions as one writer, or delete them."""
    topic = changelog_topic(settings)
    async with TopicAdmin(settings) as admin:
        await admin.ensure([topic], compacted=True)
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka.bootstrap) as producer:
        for key, number in counts.items():
            entry = f"{CountKey(0, 't', *key, '', None).encode()}|{WRITER}".encode()
            value = orjson.dumps({"count": number, "last": 1_000, "positions": {}})
            await producer.send_and_wait(topic, value if number is not None else None, entry, 0)


def write_file(settings: Settings, key: SchemaKey, name: str, uuids: Iterable[str]) -> None:
    """Write a Parquet file of a schema revision."""
    out = io.BytesIO()
    pq.write_table(pa.table({"uuid": list(uuids)}), out)
    folder = f"{settings.hdfs.root}/{TABLES[key].lower()}/year=2026"
    open_storage(settings.hdfs).make_folder(folder)
    open_storage(settings.hdfs).write(f"{folder}/{name}.parquet", out.getvalue())


@pytest.fixture
def whole(fresh: Settings, admin: Callable[[str], None]) -> tuple[Settings, Book]:
    """Settings under which nothing is wrong, and what was sent."""
    book = Book()
    asyncio.run(send(fresh, book))
    for key, uuids in EVENTS.items():
        admin(f"CREATE TABLE {TABLES[key]} (uuid CHAR(32))")
        rows = ", ".join(f"('{uuid}')" for uuid in uuids)
        admin(f"INSERT INTO {TABLES[key]} VALUES {rows}")
        write_file(fresh, key, "1", uuids)
    asyncio.run(count(fresh, {key: len(uuids) for key, uuids in EVENTS.items()}))
    return fresh, book


def test_what_was_planted_is_told_as_what_it_is(
    whole: tuple[Settings, Book], admin: Callable[[str], None]
) -> None:
    settings, book = whole
    assert judge(settings, book) == Verdict(lines=8)
    admin("DELETE FROM Edit_1 WHERE uuid = 'a'")
    admin("INSERT INTO Edit_1 VALUES ('b'), ('y')")
    write_file(settings, EDIT, "1", "abd")
    write_file(settings, EDIT, "2", "dz")
    asyncio.run(count(settings, {EDIT: 3, SAVE: 3, GONE: None}))
    verdict = judge(settings, book)
    assert (verdict.lost, verdict.twice, verdict.counts_off) == (2, 2, 4)
    assert sorted(verdict.told) == [
        "Edit_1 has b 2 times",
        "Edit_1 has no a",
        "Parquet has c 0 times, not 1",
        "Parquet has d 2 times, not 1",
        "counted 0 of ('Gone', 3, 'event'), there are 2",
        "counted 3 of ('Edit', 1, 'event'), there are 4",
        "counted 3 of ('Save-It', 2, 'event'), there are 2",
    ]
    assert sorted(verdict.other) == [
        "MySQL has 1 events that are in no topic: [\"('Edit_1', 'y')\"]",
        "Parquet has 1 events that are in no topic: ['z']",
    ]
