"""The judge of the pipeline's promise: nothing lost, nothing twice, the same everywhere.

It reads all that there is, so it is for tests, small stores and the hour after a bad night. An
event that a role has not acknowledged yet waits; one that it has acknowledged must be there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

import orjson

from elfaust.account import Account, Scanned, account_of, scan
from elfaust.errors import SchemaUnfit, SchemaWaits
from elfaust.lag import LagReader, LaneLag
from elfaust.refusals import SINKS, line_of, split_source
from elfaust.registry import Registry, Schema
from elfaust.settings import Settings
from elfaust.sinks.commit_files import torn, unfinished
from elfaust.sinks.folder_owners import FolderOwners, folder_name
from elfaust.storage import Storage, open_storage
from elfaust.stored import Files, Row, differences, mysql_rows, parquet_rows
from elfaust.topics import TopicNames
from elfaust.types import SchemaKey

#: Examples named of each kind of finding in one place.
EXAMPLES = 3


class Finding(NamedTuple):
    """One thing that is not as promised.

    `kind` is `lost` (acknowledged and not there), `twice`, `unknown` (there, and in no topic),
    `differs` (MySQL and Parquet disagree), `ahead` (acknowledged past the end of its topic), `left
    over` (files of no finished commit), `unreadable` (records without a uuid that a sink has taken,
    files that are none of ours, a torn commit, events whose schema is not to be had) or
    `unbalanced` (numbers that do not add up). `number` is how many events, records, files or sums
    it is about.
    """

    kind: str
    where: str
    number: int
    detail: str


class Audit(NamedTuple):
    """What the judge found; `waiting` is how many records are not acknowledged yet, by role."""

    account: Account
    findings: list[Finding]
    waiting: dict[str, int]


class Event(NamedTuple):
    """One event of a topic, known by its uuid: where it is, and its line."""

    topic: str
    lane: int
    offset: int
    line: tuple[str, int]


async def audit(settings: Settings) -> Audit:
    """Hold topics, tables, files, counts and offsets against each other.

    Raises ServerAway when one of the servers does not answer.
    """
    lags = await _lags(settings)
    scanned = await scan(settings)
    account = await account_of(settings, scanned)
    waiting: Counter[str] = Counter()
    for lag in lags:
        waiting[lag.role] += max(0, lag.end - lag.acknowledged)
    judge = _Judge(settings, scanned, lags)
    findings = [*_ahead(lags), *judge.findings(), *_left_over(settings)]
    if not sum(waiting.values()):
        findings += [Finding("unbalanced", "account", 1, problem) for problem in account.problems]
    return Audit(account, findings, dict(waiting))


async def _lags(settings: Settings) -> list[LaneLag]:
    reader = LagReader(settings)
    await reader.start()
    try:
        return await reader.lanes()
    finally:
        await reader.close()


def _ahead(lags: Iterable[LaneLag]) -> Iterator[Finding]:
    for lag in lags:
        if lag.acknowledged > lag.end:
            detail = f"acknowledged up to {lag.acknowledged}, the topic ends at {lag.end}"
            where = f"{lag.role} {lag.topic}/{lag.lane}"
            yield Finding("ahead", where, lag.acknowledged - lag.end, detail)


def _left_over(settings: Settings) -> Iterator[Finding]:
    storage = open_storage(settings.hdfs)
    if files := unfinished(storage, settings.hdfs.root):
        yield Finding("left over", "HDFS", len(files), _some(files))
    for commit in torn(storage, settings.hdfs.root):
        yield Finding("unreadable", "HDFS", 1, str(commit))


class _Judge:
    """Compares the events of each schema revision with what the sinks hold."""

    def __init__(
        self, settings: Settings, scanned: Sequence[Scanned], lags: Iterable[LaneLag]
    ) -> None:
        self._settings = settings
        self._names = TopicNames(settings)
        self._registry = Registry.of_workers(settings)
        self._storage: Storage = open_storage(settings.hdfs)
        self._events: defaultdict[SchemaKey, dict[str, list[Event]]] = defaultdict(dict)
        self._unreadable: list[Event] = []
        self._refused: defaultdict[str, set[tuple[int, str, int]]] = defaultdict(set)
        self._acknowledged = {(lag.role, lag.topic, lag.lane): lag.acknowledged for lag in lags}
        for lane in scanned:
            self._take(lane)

    def _take(self, scanned: Scanned) -> None:
        key = self._names.key(scanned.topic)
        if scanned.topic == self._names.error:
            for record in scanned.records:
                role, topic = split_source(record.source)
                self._refused[role].add((scanned.lane, topic, record.position))
        elif key:
            for record in scanned.records:
                line = line_of(scanned.topic, record, self._names.raw)
                event = Event(scanned.topic, scanned.lane, record.offset, line)
                if uuid := _uuid(record.value):
                    self._events[key].setdefault(uuid, []).append(event)
                else:
                    self._unreadable.append(event)

    def findings(self) -> Iterator[Finding]:
        yield from self._taken_unread()
        for key, events in sorted(self._events.items()):
            name = f"{key.schema}_{key.revision}"
            try:
                schema = self._registry.find(key)
            except (SchemaWaits, SchemaUnfit) as error:
                yield Finding("unreadable", name, len(events), str(error))
                continue
            rows = mysql_rows(self._settings.mysql, schema)
            folder = f"{self._settings.hdfs.root.rstrip('/')}/{folder_name(key)}"
            owns = FolderOwners(self._settings, self._storage).owns(key)
            files = parquet_rows(self._storage, folder) if owns else Files({}, Counter(), [])
            if files.unreadable:
                number, some = len(files.unreadable), _some(files.unreadable)
                yield Finding("unreadable", f"Parquet {name}", number, some)
            yield from self._compare("mysql", f"MySQL {name}", events, rows)
            yield from self._compare("hdfs", f"Parquet {name}", events, files.rows)
            twice = [uuid for uuid, n in files.times.items() if n > 1]
            if twice:
                yield Finding("twice", f"Parquet {name}", len(twice), _some(twice))
            yield from _different(schema, rows, files.rows)

    def _taken_unread(self) -> Iterator[Finding]:
        """Yield the records that no audit can follow, unless each sink has refused or awaits it."""
        where: defaultdict[tuple[str, int], list[Event]] = defaultdict(list)
        for event in self._unreadable:
            if any(self._is_done(role, [event]) for role in SINKS):
                where[event.topic, event.lane].append(event)
        for (topic, lane), events in sorted(where.items()):
            offsets = ", ".join(str(event.offset) for event in events[:EXAMPLES])
            detail = f"no event with a uuid, offsets {offsets}{_more(len(events))}"
            yield Finding("unreadable", f"{topic}/{lane}", len(events), detail)

    def _compare(
        self, role: str, where: str, events: dict[str, list[Event]], rows: Collection[str]
    ) -> Iterator[Finding]:
        lost = [uuid for uuid, at in events.items() if uuid not in rows and self._is_done(role, at)]
        if lost:
            yield Finding("lost", where, len(lost), _some(lost))
        unknown = [uuid for uuid in rows if uuid not in events]
        if unknown:
            yield Finding("unknown", where, len(unknown), _some(unknown))

    def _is_done(self, role: str, at: Sequence[Event]) -> bool:
        """Tell whether a role has acknowledged an event and not refused it."""
        if any((event.lane, *event.line) in self._refused[role] for event in at):
            return False
        return any(e.offset < self._acknowledged.get((role, e.topic, e.lane), 0) for e in at)


def _different(schema: Schema, rows: dict[str, Row], files: dict[str, Row]) -> Iterator[Finding]:
    found = [
        f"{uuid} {difference}"
        for uuid in rows.keys() & files.keys()
        for difference in differences(schema, rows[uuid], files[uuid])
    ]
    if found:
        name = f"{schema.key.schema}_{schema.key.revision}"
        yield Finding("differs", name, len(found), _some(found))


def _uuid(value: bytes) -> str:
    """Return the uuid of an event, empty for what has none."""
    try:
        uuid = orjson.loads(value)["uuid"]
    except (ValueError, LookupError, TypeError):
        return ""
    return uuid if isinstance(uuid, str) else ""


def _some(names: Collection[str]) -> str:
    return ", ".join(sorted(names)[:EXAMPLES]) + _more(len(names))


def _more(number: int) -> str:
    return f" and {number - EXAMPLES} more" if number > EXAMPLES else ""
