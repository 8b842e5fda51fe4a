"""Lines of all kinds, and their outcomes read by a reading of the tests' own.

Kafka is read by aiokafka, MySQL by SQL, Parquet by pyarrow; elfaust is asked nothing.
"""

from __future__ import annotations

import io
import itertools
import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import MySQLdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from aiokafka import AIOKafkaConsumer, TopicPartition
from hdfs import InsecureClient

from elfaust.events.refusals import topic_of
from elfaust.names import ERRORS
from elfaust.settings import Settings
from elfaust.trial.recorded import recorded_lines
from tests.fuzz.opened import opened
from tests.fuzz.records import AGENTS, Sent, capsule, line
from tests.fuzz.schemas import REAL, Writer
from tests.generated_lines import generated_lines
from tests.oracle.values import exact

#: Schemas that nobody wrote, besides those of the repository.
MADE_SCHEMAS = 40
Line = tuple[str, bytes]
#: A raw line: its topic, lane and offset.
Source = tuple[str, int, int]


class Event(NamedTuple):
    """An event of a topic, with the line that it was."""

    topic: str
    source: Source
    capsule: dict[str, Any]


class Read(NamedTuple):
    """All records of a trial's topics: the raw lines, what they became, and who refused events."""

    lines: set[Source]
    #: By the line that they were: a processor whose lanes have moved may publish one again.
    events: dict[Source, Event]
    #: Lines by the code of their error; a line that sinks refused is an event too.
    errors: dict[Source, str]

    @property
    def stored(self) -> list[Event]:
        """The events that no sink has refused."""
        return [event for source, event in self.events.items() if source not in self.errors]


def schemas(folder: Path, seed: int) -> list[Sent]:
    """Write the schemas of a trial into a folder and return those that were made for it."""
    shutil.copytree(REAL, folder)
    of, sent = random.Random(seed), []
    for number in range(MADE_SCHEMAS):
        one = Sent(f"Made{number}", 1, opened(Writer(of).event(), of))
        file = folder / one.name / "1.json"
        file.parent.mkdir()
        file.write_text(json.dumps(one.schema))
        sent.append(one)
    return sent


def lines(count: int, seed: int, made: Sequence[Sent]) -> Iterator[Line]:
    """Yield lines, a third each recorded, recorded and changed, and made of made schemas."""
    of, start = random.Random(seed), int(time.time()) * 1_000_000
    recorded = recorded_lines(count, start=start, base_time=time.time())
    changed = (("client", one) for one in generated_lines(count, seed))
    sources = [recorded, changed, _made(made, of)]
    yield from itertools.islice(itertools.chain.from_iterable(zip(*sources, strict=False)), count)


def _made(made: Sequence[Sent], of: random.Random) -> Iterator[Line]:
    for number in itertools.count(1_000_000_000):
        inner, kind = capsule(of.choice(made), of), of.choice(["client", "client", "server"])
        if kind == "server":
            inner = {"recvFrom": "mw1", "timestamp": time.time(), "userAgent": AGENTS[0]} | inner
        yield kind, line(kind, "2018", number, inner, of)


async def read_topics(settings: Settings) -> Read:
    """Return what Kafka has of a trial."""
    names = settings.topics
    prefix, raw = names.event.partition("_")[0], (names.raw_client, names.raw_server)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, enable_auto_commit=False, group_id=None
    )
    found = Read(set(), {}, {})
    await consumer.start()
    try:
        topics = [name for name in await consumer.topics() if name.startswith(prefix)]
        lanes = [
            TopicPartition(topic, lane)
            for topic in topics
            if topic in (*raw, names.error) or topic.startswith(names.event.partition("{")[0])
            for lane in range(settings.topics.lanes)
        ]
        consumer.assign(lanes)
        await consumer.seek_to_beginning(*lanes)
        ends = await consumer.end_offsets(lanes)
        while any([await consumer.position(lane) < ends[lane] for lane in lanes]):
            for lane, records in (await consumer.getmany(timeout_ms=1_000)).items():
                for record in records:
                    _take(found, lane, record, raw, names.error)
    finally:
        await consumer.stop()
    return found


def _take(found: Read, lane: Any, record: Any, raw: Sequence[str], error: str) -> None:
    if lane.topic in raw:
        found.lines.add((lane.topic, lane.partition, record.offset))
        return
    name, _, offset = dict(record.headers)["source"].decode().rpartition(":")
    source = (topic_of(name.rpartition("/")[2]), lane.partition, int(offset))
    given = exact(record.value)
    if lane.topic == error:
        code = given["event"]["code"]
        assert found.errors.setdefault(source, code) == code, "one line, two errors"
    else:
        event = Event(lane.topic, source, given)
        assert found.events.setdefault(source, event) == event, "one line, two events"


class Tables:
    """The tables of a trial's database."""

    def __init__(self, settings: Settings) -> None:
        mysql = settings.mysql
        self._connection = MySQLdb.connect(
            host=mysql.host,
            port=mysql.port,
            user=mysql.user,
            password=mysql.password,
            database=mysql.database,
            charset="utf8mb4",
        )

    def counts(self) -> dict[str, int]:
        """Return how many rows each table of events has."""
        tables = self._asked(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = DATABASE() AND column_name = 'uuid'"
        )
        return {name: self._asked(f"SELECT COUNT(*) FROM `{name}`")[0][0] for (name,) in tables}

    def uuids(self, table: str) -> list[str]:
        """Return the uuid of each row of a table."""
        quoted = table.replace("`", "``").replace("%", "%%")
        return [uuid for (uuid,) in self._asked(f"SELECT uuid FROM `{quoted}`", ())]

    def rows(self, table: str, uuids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return rows by uuid, columns of the event alone; FLOATs as the doubles that they are."""
        columns = self._asked(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = DATABASE() AND table_name = %s"
            " AND LEFT(column_name, 6) = 'event_'",
            (table,),
        )
        quoted = [
            "`{}`{}".format(name.replace("`", "``"), " + 0e0" if kind == "float" else "")
            for name, kind in columns
        ]
        names = ", ".join(["uuid", *quoted]).replace("%", "%%")
        found = self._asked(f"SELECT {names} FROM `{table}` WHERE uuid IN %s", ([*uuids],))
        keys = [name for name, _ in columns]
        return {uuid: dict(zip(keys, row, strict=True)) for uuid, *row in found}

    def _asked(self, statement: str, parameters: tuple[Any, ...] | None = None) -> Any:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


class Files:
    """The Parquet files of a trial."""

    def __init__(self, settings: Settings) -> None:
        self._client = InsecureClient(settings.hdfs.url, user=settings.hdfs.user)
        self._tables: dict[str, list[pa.Table]] = {}
        root = settings.hdfs.root
        for folder, _, names in self._client.walk(root):
            schema = folder.removeprefix(root).strip("/").partition("/")[0]
            for name in names:
                if name.endswith(".parquet") and schema != ERRORS:
                    self._tables.setdefault(schema, []).append(self._table(f"{folder}/{name}"))

    def _table(self, path: str) -> pa.Table:
        with self._client.read(path) as file:
            return pq.read_table(io.BytesIO(file.read()))

    def counts(self) -> Counter[str]:
        """Return how many rows there are of each uuid."""
        columns = [table["uuid"].to_pylist() for of in self._tables.values() for table in of]
        return Counter(uuid for column in columns for uuid in column)

    def rows(self, folder: str, uuids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the rows of a schema's folder by uuid."""
        wanted = pa.array(uuids)
        return {
            row["uuid"]: row
            for table in self._tables.get(folder, [])
            for row in table.filter(pc.is_in(table["uuid"], wanted)).to_pylist()
        }


def tables_of(settings: Settings) -> Any:
    """Return the tables for the length of a block."""
    return closing(Tables(settings))
