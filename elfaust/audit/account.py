"""The account of the pipeline: what came in, and where it is, per schema revision.

It balances when every raw line is stored or one error, and the sinks and counts have them all: an
event is one record of its topic, one MySQL row, one Parquet row and one count, and a line that a
sink refused is one error, however many sinks and repeats say so. Records that a restarted worker
repeated carry the same source position and are one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import MySQLdb
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.counts.reader import read_counts
from elfaust.counts.tally import named_by
from elfaust.delivery.batch import FORWARDED, Batch
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import SchemaUnfit
from elfaust.events.refusals import split_source
from elfaust.names import TopicNames, table_name
from elfaust.records import Record, SchemaKey, Source
from elfaust.roles import SINKS
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect, is_of_server
from elfaust.sinks.mysql.ddl import owner, owner_of, quoted
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.sinks.parquet.reader import ParquetFile, parquet_files
from elfaust.storage import open_storage


class Scanned(NamedTuple):
    """All records of one lane of a topic."""

    topic: str
    lane: int
    records: list[Record]


@dataclass
class Line:
    """What the account says of one schema revision."""

    key: SchemaKey
    #: Lines that the processor passed.
    valid: int = 0
    #: Errors by code, those of lines that a sink refused among them.
    invalid: Counter[str] = field(default_factory=Counter)
    #: Lines that were passed and then refused, by whichever sink.
    refused: int = 0
    #: The same by the sink's role.
    unfit: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    #: By store, events that another line had brought already, refused ones apart: MySQL has them
    #: once, Parquet each time.
    again: Counter[str] = field(default_factory=Counter)
    mysql: int = 0
    #: Why MySQL cannot say how many rows there are.
    unreadable: str = ""
    parquet: int = 0
    parquet_twice: int = 0
    counted: int = 0
    counted_invalid: Counter[str] = field(default_factory=Counter)
    counted_refused: int = 0

    @property
    def lines(self) -> int:
        """Raw lines that named this schema revision."""
        return self.stored + self.errors

    @property
    def stored(self) -> int:
        """Lines that are events, and that no sink refused."""
        return self.valid - self.refused

    @property
    def errors(self) -> int:
        """Lines that are errors, of whatever code."""
        return sum(self.invalid.values())

    @property
    def counted_lines(self) -> int:
        """Lines that were counted."""
        return self.counted - self.counted_refused + sum(self.counted_invalid.values())

    def problems(self, stores: Collection[str] = SINKS) -> list[str]:
        """Return what does not balance where the events are to be in some stores."""
        checks = [
            ("events counted", self.counted, self.valid),
            ("refused counted", self.counted_refused, self.refused),
        ]
        if "mysql" in stores:
            wanted = self.valid - self.unfit["mysql"] - self.again["mysql"]
            checks.append(("MySQL rows", self.mysql, wanted))
        if "hdfs" in stores:
            checks.append(("Parquet rows", self.parquet, self.valid - self.unfit["hdfs"]))
            checks.append(("uuids twice in Parquet", self.parquet_twice, self.again["hdfs"]))
        found = [f"{name} {has}, not {wanted}" for name, has, wanted in checks if has != wanted]
        if self.unreadable and "mysql" in stores:
            found.append(f"its table cannot be read: {self.unreadable}")
        if self.counted_invalid != self.invalid:
            found.append(f"errors counted {dict(self.counted_invalid)}, not {dict(self.invalid)}")
        return found


@dataclass
class Account:
    """All schema revisions, and the raw lines that must add up to them."""

    raw: int
    lines: list[Line]
    #: Those that keep events.
    stores: Collection[str] = SINKS

    @property
    def problems(self) -> list[str]:
        """What does not balance, one line each."""
        found = [
            f"{line.key.schema}_{line.key.revision}: {problem}"
            for line in self.lines
            for problem in line.problems(self.stores)
        ]
        judged = sum(line.lines for line in self.lines)
        if judged != self.raw:
            found.append(f"{self.raw} raw lines, {judged} stored or errors")
        return found


async def read_account(settings: Settings) -> Account:
    """Read the topics, the tables, the files and the counts, whole.

    Raises ServerAway when one of the servers does not answer.
    """
    return await account_of(settings, await scan(settings))


async def account_of(
    settings: Settings, scanned: Iterable[Scanned], files: Iterable[ParquetFile] | None = None
) -> Account:
    """Return the account of topics that were read, with what tables, files and counts hold.

    The lanes of errors come first, then those of events by topic. `files` are the Parquet files,
    looked at once the topics were; they are read where there is None.
    """
    names, lines = TopicNames(settings), _Lines()
    raw = 0
    for topic, lane, records in scanned:
        if topic in names.raw:
            raw += len(_lines_once(records))
        elif topic == names.error:
            lines.add_errors(records, lane)
        elif key := names.schema_of(topic):
            lines.add_events(key, records, topic, lane)
    stores = settings.processor.stores.split()
    if "mysql" in stores:
        _add_mysql(settings, lines)
    if "hdfs" in stores:
        _add_parquet(settings, lines, files)
    await _add_counts(settings, lines)
    return Account(raw, lines.sorted(), stores)


class _Lines:
    """The lines of all schema revisions; events come one revision after another, errors first."""

    def __init__(self) -> None:
        self._lines: dict[SchemaKey, Line] = {}
        self._topic = ""
        #: Events of the topic by the store that must have them.
        self._uuids: dict[str, set[str]] = {}
        #: What sinks have refused: role, topic, lane, position.
        self._refused = set[tuple[str, str, int, int]]()

    def __getitem__(self, key: SchemaKey) -> Line:
        return self._lines.setdefault(key, Line(key))

    def add_events(
        self, key: SchemaKey, records: Sequence[Record], topic: str, lane: int = 0
    ) -> None:
        once = _once(records)
        self[key].valid += len(once)
        self[key].repeats += len(records) - len(once)
        if topic != self._topic:
            self._topic, self._uuids = topic, {role: set() for role in SINKS}
        for record in once:
            marks = [(topic, lane, record.offset)]
            if record.source:
                marks.append((record.source.name, lane, record.source.position))
            if uuid := _uuid(record):
                for role, uuids in self._uuids.items():
                    if not any((role, *mark) in self._refused for mark in marks):
                        self[key].again[role] += uuid in uuids
                        uuids.add(uuid)

    def add_errors(self, records: Iterable[Record], lane: int = 0) -> None:
        refused = set[tuple[object, ...]]()
        for record in _once(records):
            by, position = record.source or ("", -1)
            role, topic = split_source(by)
            code, key = named_by(record.value)
            line = self[key]
            if role:
                self._refused.add((role, topic, lane, position))
                line.unfit[role] += 1
                # Sinks that refuse the same line have found one error.
                mark = (code, key, topic, position)
                if mark in refused:
                    continue
                refused.add(mark)
                line.refused += 1
            line.invalid[code] += 1

    def sorted(self) -> list[Line]:
        return [self._lines[key] for key in sorted(self._lines)]


def _uuid(record: Record) -> str:
    try:
        uuid = orjson.loads(record.value)["uuid"]
    except (ValueError, LookupError, TypeError):
        return ""
    return uuid if isinstance(uuid, str) else ""


def _once(records: Iterable[Record]) -> list[Record]:
    seen: dict[Source, Record] = {}
    return [r for r in records if not r.source or seen.setdefault(r.source, r) is r]


def _lines_once(records: Iterable[Record]) -> list[Record]:
    """Return raw lines as the processor takes them: a forwarder's once, all others as they come."""
    forwarded = cache(FORWARDED.fullmatch)
    return _once(
        r if r.source and forwarded(r.source.name) else r._replace(source=None) for r in records
    )


async def scan(settings: Settings) -> list[Scanned]:
    """Return each topic and lane of the pipeline with all its records.

    Raises ServerAway when no broker answers.
    """
    names = TopicNames(settings)
    async with TopicAdmin(settings) as admin:
        known = await admin.lanes()
    lanes = [
        TopicPartition(topic, lane)
        for topic, number in sorted(known.items())
        if topic in names.raw or topic == names.error or names.schema_of(topic)
        for lane in range(number)
    ]
    if not lanes:
        return []
    async with AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        ends = await consumer.end_offsets(lanes)
        consumer.assign(lanes)
        scanned = await _read(consumer, ends)
        return sorted(scanned, key=lambda lane: lane.topic != names.error)


async def _read(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> list[Scanned]:
    fetched: dict[TopicPartition, list[Any]] = {lane: [] for lane in sorted(ends)}
    behind = {lane for lane, end in ends.items() if end}
    while behind:
        for lane, records in (await consumer.getmany(timeout_ms=500)).items():
            fetched[lane] += [record for record in records if record.offset < ends[lane]]
        behind = {lane for lane in behind if await consumer.position(lane) < ends[lane]}
    return [
        Scanned(lane.topic, lane.partition, Batch(None, records).records)
        for lane, records in fetched.items()
    ]


def _add_mysql(settings: Settings, lines: _Lines) -> None:
    connection = connect(settings.mysql)
    try:
        cursor = connection.cursor()
        for line in lines.sorted():
            if line.valid:
                # No table is made for a schema whose name is too long for one.
                with suppress(SchemaUnfit):
                    _count_rows(cursor, table_name(settings.mysql.table, line.key), line)
    finally:
        connection.close()


def _count_rows(cursor: Any, table: str, line: Line) -> None:
    try:
        if owner_of(cursor, table) in ("", owner(line.key)):
            cursor.execute(f"SELECT COUNT(*) FROM {quoted(table)}")
            line.mysql = int(cursor.fetchone()[0])
    except MySQLdb.Error as error:
        number, text = (*error.args, 0, "")[:2]
        if is_of_server(number, str(text)):
            raise
        # One table hides no other.
        line.unreadable = f"MySQL says {number}: {text}"


def _add_parquet(settings: Settings, lines: _Lines, files: Iterable[ParquetFile] | None) -> None:
    key_of = FileNames(settings).schema_of_path([line.key for line in lines.sorted() if line.valid])
    if files is None:
        storage, root = open_storage(settings.hdfs), settings.hdfs.root
        files = parquet_files(storage, root, lambda path: key_of(path) is not None)
    uuids: defaultdict[SchemaKey, Counter[str]] = defaultdict(Counter)
    for file in files:
        if key := key_of(file.path):
            lines[key].parquet += len(file.uuids)
            uuids[key].update(file.uuids)
    for key, seen in uuids.items():
        seen.pop("", 0)
        lines[key].parquet_twice = sum(n - 1 for n in seen.values())


async def _add_counts(settings: Settings, lines: _Lines) -> None:
    view = await read_counts(settings)
    for row in view.rows():
        line = lines[SchemaKey(row.schema, row.revision)]
        line.counted += row.valid
        line.counted_invalid.update(row.errors)
        line.counted_refused += row.refused
