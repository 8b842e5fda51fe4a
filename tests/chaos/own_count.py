"""What became of a campaign's lines, by a reading of its own, against what was sent.

Kafka is read by aiokafka (found.py), MySQL by SQL, Parquet by pyarrow. Of elfaust only the table of
counts is asked, which is what is judged there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from elfaust.counts.reader import read_counts
from elfaust.settings import Settings
from tests.chaos.book import EVENT, Book
from tests.chaos.every_line import Files, tables_of
from tests.chaos.found import Event, Found, read

#: A row of MySQL: its table and its uuid.
Row = tuple[str, str]
#: What is counted apart: schema, revision, and the code of an error or EVENT.
Counted = tuple[str, int, str]
#: Most findings that are told one by one.
TOLD = 40


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


def judge(settings: Settings, book: Book) -> Verdict:
    """Return what became of what was sent; all must have landed."""
    verdict, found = Verdict(), asyncio.run(read(settings))
    verdict.lines = len(found.raw)
    judge_raw(verdict, found, book)
    judge_outcomes(verdict, found, book)
    judge_tables(verdict, found, Counter(_rows(settings)))
    judge_files(verdict, found, Files(settings).counts())
    judge_counts(verdict, found, _counted(settings))
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


def judge_tables(verdict: Verdict, found: Found, has: Counter[Row]) -> None:
    """Compare how often MySQL has each row with the events that it must have."""
    wanted, passed = set[Row](), set[Row]()
    for source, events in found.events.items():
        of = {(event.table, event.uuid) for event in events}
        passed |= of
        if not found.refused_by(source, "mysql"):
            wanted |= of
    for table, uuid in wanted - has.keys():
        verdict.lost += 1
        verdict.tell(f"{table} has no {uuid}")
    for (table, uuid), count in has.items():
        if count > 1:
            verdict.twice += count - 1
            verdict.tell(f"{table} has {uuid} {count} times")
    _judge_unknown(verdict, "MySQL", has.keys() - passed)


def _judge_unknown(verdict: Verdict, store: str, unknown: Set[object]) -> None:
    if unknown:
        some = sorted(map(str, unknown))[:3]
        verdict.other.append(f"{store} has {len(unknown)} events that are in no topic: {some}")


def _rows(settings: Settings) -> Iterator[Row]:
    """Yield the table and uuid of each row."""
    with tables_of(settings) as tables:
        for table in tables.counts():
            yield from ((table, uuid) for uuid in tables.uuids(table))


def judge_files(verdict: Verdict, found: Found, has: Counter[str]) -> None:
    """Compare how often Parquet has each event, by uuid, with how often it must."""
    wanted, times, passed = Counter[str](), Counter[Event](), set[str]()
    for source, events in found.events.items():
        passed |= {event.uuid for event in events}
        if not found.refused_by(source, "hdfs"):
            wanted.update(event.uuid for event in events)
            times.update(events)
    verdict.again.update(f"{of.schema}_{of.revision}" for of, count in times.items() if count > 1)
    for uuid in passed:
        if wanted[uuid] != has[uuid]:
            verdict.lost += max(0, wanted[uuid] - has[uuid])
            verdict.twice += max(0, has[uuid] - wanted[uuid])
            verdict.tell(f"Parquet has {uuid} {has[uuid]} times, not {wanted[uuid]}")
    _judge_unknown(verdict, "Parquet", has.keys() - passed)


def judge_counts(verdict: Verdict, found: Found, has: Counter[Counted]) -> None:
    """Compare how many of each schema revision and code are counted with how many there are."""
    wanted = Counter[Counted]()
    for events in found.events.values():
        wanted.update((event.schema, event.revision, EVENT) for event in events)
    for errors in found.errors.values():
        # However many sinks refuse a line, it is one error.
        wanted.update({(error.schema, error.revision, error.code) for error in errors})
    for key in wanted.keys() | has.keys():
        if wanted[key] != has[key]:
            verdict.counts_off += abs(wanted[key] - has[key])
            verdict.tell(f"counted {has[key]} of {key}, there are {wanted[key]}")


def _counted(settings: Settings) -> Counter[Counted]:
    has = Counter[Counted]()
    for row in asyncio.run(read_counts(settings)).rows():
        has[row.schema, row.revision, EVENT] += row.valid
        for code, count in row.errors.items():
            has[row.schema, row.revision, code] += count
    return has
