"""What became of a campaign's lines, by a reading of its own, against what was sent.

Kafka is read by aiokafka, MySQL by SQL, Parquet by pyarrow. Of elfaust only the table of counts is
asked, which is what is judged there, and under which schema revision an error is counted.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.counts.reader import read_counts
from elfaust.counts.tally import named_by
from elfaust.settings import Settings
from tests.chaos.every_line import Files, tables_of
from tests.chaos.mixed_lines import EVENT, Book, digest

#: A raw line: its topic, lane and offset.
Source = tuple[str, int, int]
#: Most findings that are told one by one.
TOLD = 40


class Error(NamedTuple):
    """An EventError: the sink that has refused the event (none: the processor), its code, and the
    schema revision that it is counted under."""

    role: str
    code: str
    schema: str
    revision: int


class Event(NamedTuple):
    """An event of a topic."""

    topic: str
    uuid: str
    schema: str
    revision: int

    @property
    def table(self) -> str:
        """The table of its schema revision."""
        return f"{self.schema.replace('-', '_')}_{self.revision}"


@dataclass
class Found:
    """What Kafka has."""

    #: Raw lines by their digest; of what a forwarder sent twice, the first.
    raw: dict[Source, bytes] = field(default_factory=dict)
    #: Positions of forwarders that have come.
    positions: set[tuple[str, int, bytes]] = field(default_factory=set)
    events: defaultdict[Source, set[Event]] = field(default_factory=lambda: defaultdict(set))
    errors: defaultdict[Source, set[Error]] = field(default_factory=lambda: defaultdict(set))

    def refused_by(self, source: Source, role: str) -> bool:
        """Return whether a sink has refused a line's event."""
        return any(error.role == role for error in self.errors.get(source, ()))

    def take(self, record: Any, raw: Iterable[str], error_topic: str) -> None:
        """Take a record."""
        topic, lane = record.topic, record.partition
        header = next((value for name, value in record.headers if name == "source"), b"")
        if topic in raw:
            if header:
                if (topic, lane, header) in self.positions:
                    return
                self.positions.add((topic, lane, header))
            self.raw[topic, lane, record.offset] = digest(record.value)
            return
        name, _, offset = header.decode().rpartition(":")
        role, slash, of = name.partition("/")
        # The topic's id is behind it: there is one topic of a name in a campaign.
        source = ((of if slash else name).partition("@")[0], lane, int(offset))
        if topic == error_topic:
            code, key = named_by(record.value)
            self.errors[source].add(Error(role if slash else "", code, *key))
        else:
            given = orjson.loads(record.value)
            of_event = (given["uuid"], given["schema"], given["revision"])
            self.events[source].add(Event(topic, *of_event))


@dataclass
class Verdict:
    """Lines lost, twice, and entries of the counts that are off; `other` is what else is wrong."""

    lines: int = 0
    lost: int = 0
    twice: int = 0
    counts_off: int = 0
    other: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    #: Events that several lines are, by schema revision: Parquet has each of them.
    again: Counter[str] = field(default_factory=Counter)

    def tell(self, what: str) -> None:
        """Keep a finding, if there are not many."""
        if len(self.told) < TOLD:
            self.told.append(what)


async def _read(settings: Settings) -> Found:
    names, found = settings.topics, Found()
    raw, events = (names.raw_client, names.raw_server), names.event.partition("{")[0]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, enable_auto_commit=False, group_id=None
    )
    await consumer.start()
    try:
        topics = [
            topic
            for topic in await consumer.topics()
            if topic in (*raw, names.error) or topic.startswith(events)
        ]
        lanes = [TopicPartition(topic, lane) for topic in topics for lane in range(names.lanes)]
        consumer.assign(lanes)
        await consumer.seek_to_beginning(*lanes)
        ends = await consumer.end_offsets(lanes)
        while any([await consumer.position(lane) < ends[lane] for lane in lanes]):
            for records in (await consumer.getmany(timeout_ms=1_000)).values():
                for record in records:
                    found.take(record, raw, names.error)
    finally:
        await consumer.stop()
    return found


def judge(settings: Settings, book: Book) -> Verdict:
    """Return what became of what was sent; all must have landed."""
    verdict, found = Verdict(), asyncio.run(_read(settings))
    verdict.lines = len(found.raw)
    judge_raw(verdict, found, book)
    judge_outcomes(verdict, found, book)
    _judge_tables(verdict, found, settings)
    _judge_files(verdict, found, settings)
    _judge_counts(verdict, found, settings)
    return verdict


def judge_raw(verdict: Verdict, found: Found, book: Book) -> None:
    """Compare the raw lines in Kafka with those that were sent."""
    came = Counter(found.raw.values())
    for line, count in book.sent.items():
        verdict.lost += max(0, count - came[line])
        verdict.twice += max(0, came[line] - count)
        if came[line] != count:
            verdict.tell(f"a line was sent {count} times and is in Kafka {came[line]} times")
    taken = {line: count for line, count in came.items() if line not in book.sent}
    more = sum(taken.values()) - len(taken)
    verdict.twice += more
    if more:
        verdict.tell(f"{more} lines of the intake came twice")
    if not book.taken <= len(taken) <= book.asked:
        verdict.lost += max(0, book.taken - len(taken))
        verdict.tell(f"the intake took {book.taken} of {book.asked}, {len(taken)} are in Kafka")


def judge_outcomes(verdict: Verdict, found: Found, book: Book) -> None:
    """Compare what became of each line with what may become of it: one event, or one error."""
    for source, line in found.raw.items():
        events, errors = found.events.get(source, set()), found.errors.get(source, set())
        judged = {error.code for error in errors if not error.role}
        outcomes = len(events) + len(judged)
        if outcomes == 0:
            verdict.lost += 1
            verdict.tell(f"{source} became nothing")
        elif outcomes > 1:
            verdict.twice += 1
            verdict.tell(f"{source} became {events} and {errors}")
        elif len(codes := {error.code for error in errors} or {EVENT}) > 1:
            verdict.other.append(f"{source} is {codes}")
        elif not codes <= book.may.get(line, {EVENT}):
            what = f"{source} became {codes}, not {set(book.may.get(line, {EVENT}))}"
            verdict.other.append(f"{what}: {errors or events}")
    for source in (found.events.keys() | found.errors.keys()) - found.raw.keys():
        verdict.other.append(f"{source} is no line: {found.events.get(source)}")


def _judge_tables(verdict: Verdict, found: Found, settings: Settings) -> None:
    wanted, passed = set[tuple[str, str]](), set[tuple[str, str]]()
    for source, events in found.events.items():
        of = {(event.table, event.uuid) for event in events}
        passed |= of
        if not found.refused_by(source, "mysql"):
            wanted |= of
    has = Counter(_rows(settings))
    for table, uuid in wanted - has.keys():
        verdict.lost += 1
        verdict.tell(f"{table} has no {uuid}")
    verdict.twice += has.total() - len(has)
    if unknown := has.keys() - passed:
        some = sorted(unknown)[:3]
        verdict.other.append(f"MySQL has {len(unknown)} events that are in no topic: {some}")


def _rows(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the table and uuid of each row."""
    with tables_of(settings) as tables:
        for table in tables.counts():
            yield from ((table, uuid) for uuid in tables.uuids(table))


def _judge_files(verdict: Verdict, found: Found, settings: Settings) -> None:
    wanted, times = Counter[str](), Counter[Event]()
    for source, events in found.events.items():
        if not found.refused_by(source, "hdfs"):
            wanted.update(event.uuid for event in events)
            times.update(events)
    verdict.again.update(f"{of.schema}_{of.revision}" for of, count in times.items() if count > 1)
    has = Files(settings).counts()
    for uuid in wanted.keys() | has.keys():
        if wanted[uuid] != has[uuid]:
            verdict.lost += max(0, wanted[uuid] - has[uuid])
            verdict.twice += max(0, has[uuid] - wanted[uuid])
            verdict.tell(f"Parquet has {uuid} {has[uuid]} times, not {wanted[uuid]}")


def _judge_counts(verdict: Verdict, found: Found, settings: Settings) -> None:
    wanted, has = Counter[tuple[str, int, str]](), Counter[tuple[str, int, str]]()
    for events in found.events.values():
        wanted.update((event.schema, event.revision, EVENT) for event in events)
    for errors in found.errors.values():
        # However many sinks refuse a line, it is one error.
        wanted.update({(error.schema, error.revision, error.code) for error in errors})
    for row in asyncio.run(read_counts(settings)).rows():
        has[row.schema, row.revision, EVENT] += row.valid
        for code, count in row.errors.items():
            has[row.schema, row.revision, code] += count
    for key in wanted.keys() | has.keys():
        if wanted[key] != has[key]:
            verdict.counts_off += abs(wanted[key] - has[key])
            verdict.tell(f"counted {has[key]} of {key}, there are {wanted[key]}")
