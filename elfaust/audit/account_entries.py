"""What the topics say of each schema revision: the entries of an account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import orjson

from elfaust.counts.tally import named_by
from elfaust.delivery.batch import FORWARDED
from elfaust.events.refusals import split_source
from elfaust.records import Record, SchemaKey, Source
from elfaust.sinks.base import Store
from elfaust.sinks.reading import Stored

#: The role whose files Hive reads.
PARQUET = "hdfs"


@dataclass
class Entry:
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
    #: By role, events that another line had brought already, refused ones apart: some stores have
    #: them once, others each time.
    again: Counter[str] = field(default_factory=Counter)
    #: What the stores have, by role.
    stored_in: dict[str, Stored] = field(default_factory=dict)
    #: What Hive finds in the files of Parquet; None where it was not asked.
    in_hive: Stored | None = None
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

    def in_store(self, role: str) -> Stored:
        """Return what the store of a role has."""
        return self.stored_in.get(role, Stored())

    def problems(self, stores: Mapping[str, Store]) -> list[str]:
        """Return what does not balance where the events are to be in some stores, by role."""
        sums = [
            ("events counted", self.counted, self.valid),
            ("refused counted", self.counted_refused, self.refused),
        ]
        unreadable = []
        for role, store in stores.items():
            stored = self.in_store(role)
            wanted = self.valid - self.unfit[role]
            if store.once:
                wanted -= self.again[role]
            sums.append((f"{store.title} rows", stored.events, wanted))
            if not store.once:
                sums.append((f"uuids twice in {store.title}", stored.twice, self.again[role]))
            if stored.unreadable:
                unreadable.append(f"{store.title} cannot be read: {stored.unreadable}")
        if self.in_hive is not None:
            sums.append(("Hive rows", self.in_hive.events, self.in_store(PARQUET).events))
            if self.in_hive.unreadable:
                unreadable.append(f"Hive cannot read it: {self.in_hive.unreadable}")
        found = [f"{name} {has}, not {wanted}" for name, has, wanted in sums if has != wanted]
        found += unreadable
        if self.counted_invalid != self.invalid:
            found.append(f"errors counted {dict(self.counted_invalid)}, not {dict(self.invalid)}")
        return found


class Entries:
    """The entries of all schema revisions; events come one revision after another, errors first."""

    def __init__(self, roles: Collection[str]) -> None:
        """Take the roles whose stores keep events."""
        self._roles = roles
        self._entries: dict[SchemaKey, Entry] = {}
        self._topic = ""
        #: Events of the topic by the store that must have them.
        self._uuids: dict[str, set[str]] = {}
        #: What sinks have refused: role, topic, lane, position.
        self._refused = set[tuple[str, str, int, int]]()

    def __getitem__(self, key: SchemaKey) -> Entry:
        """Return the entry of a schema revision, one more where there was none."""
        return self._entries.setdefault(key, Entry(key))

    def add_events(
        self, key: SchemaKey, records: Sequence[Record], topic: str, lane: int = 0
    ) -> None:
        """Add the records of one lane of an event topic."""
        once = _once(records)
        self[key].valid += len(once)
        self[key].repeats += len(records) - len(once)
        if topic != self._topic:
            self._topic, self._uuids = topic, {role: set() for role in self._roles}
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
        """Add the records of one lane of the topic of errors."""
        refused = set[tuple[object, ...]]()
        for record in _once(records):
            by, position = record.source or ("", -1)
            role, topic = split_source(by)
            code, key = named_by(record.value)
            entry = self[key]
            if role:
                self._refused.add((role, topic, lane, position))
                entry.unfit[role] += 1
                # Sinks that refuse the same line have found one error.
                mark = (code, key, topic, position)
                if mark in refused:
                    continue
                refused.add(mark)
                entry.refused += 1
            entry.invalid[code] += 1

    def sorted(self) -> list[Entry]:
        """Return the entries, by schema and revision."""
        return [self._entries[key] for key in sorted(self._entries)]


def _uuid(record: Record) -> str:
    try:
        uuid = orjson.loads(record.value)["uuid"]
    except (ValueError, LookupError, TypeError):
        return ""
    return uuid if isinstance(uuid, str) else ""


def _once(records: Iterable[Record]) -> list[Record]:
    seen: dict[Source, Record] = {}
    return [r for r in records if not r.source or seen.setdefault(r.source, r) is r]


def lines_once(records: Iterable[Record]) -> list[Record]:
    """Return raw lines as the processor takes them: a forwarder's once, all others as they come."""
    forwarded = cache(FORWARDED.fullmatch)
    return _once(
        r if r.source and forwarded(r.source.name) else r._replace(source=None) for r in records
    )
