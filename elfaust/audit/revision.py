"""The events of one schema revision against what each store has of them, lane by lane.

Of a lane it holds all that there is, of the whole topic only the uuids.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from elfaust.audit.side import Side
from elfaust.audit.topics import Scanned
from elfaust.records import Record, SchemaKey, Source
from elfaust.sinks.audit_finding import EXAMPLES, Finding, more, some
from elfaust.sinks.base import Store
from elfaust.sinks.reading import RevisionReader, SentEvent, StoredRow
from elfaust.sinks.values import event_of


class SinkState(NamedTuple):
    """What the sinks have said of the records that they took, by role."""

    #: How far they have acknowledged a lane: role, topic, lane.
    acknowledged: Mapping[tuple[str, str, int], int]
    #: Where the records that they have refused came from: topic, lane, offset.
    refused: Mapping[str, set[tuple[str, int, int]]]

    def is_acknowledged(self, role: str, topic: str, event: SentEvent) -> bool:
        """Tell whether a sink is past an event of a topic."""
        return event.offset < self.acknowledged.get((role, topic, event.lane), 0)

    def is_refused(self, role: str, topic: str, event: SentEvent) -> bool:
        """Tell whether a sink has refused an event, by its record or by its line."""
        refused = self.refused.get(role, set())
        source, position = event.source
        return (topic, event.lane, event.offset) in refused or (
            bool(source) and (source, event.lane, position) in refused
        )


class Revision:
    """Compares the events of one schema revision; feed it the lanes of its topic."""

    def __init__(
        self,
        key: SchemaKey,
        stores: Mapping[str, Store],
        readers: Mapping[str, RevisionReader],
        state: SinkState,
    ) -> None:
        """Take the stores that keep events, and what reads the schema revision, by role."""
        self.name = f"{key.schema}_{key.revision}"
        self._stores = stores
        self._readers = readers
        self._state = state
        self._sides = {
            role: Side(f"{store.title} {self.name}", by_record=not store.once)
            for role, store in stores.items()
        }
        self._seen: set[bytes] = set()
        #: Rows of events by role, those of an event that comes again apart.
        self._matched = Counter[str]()
        #: Events that a role has refused, by the titles of the stores that have them.
        self._elsewhere: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._unreadable: list[Finding] = []

    def take(self, scanned: Scanned) -> None:
        """Compare a lane; raises ServerAway when a store does not answer."""
        topic, lane, records = scanned
        events: defaultdict[str, list[SentEvent]] = defaultdict(list)
        strange: list[Record] = []
        for record in records:
            if (capsule := event_of(record.value)) is None:
                strange.append(record)
                continue
            source = record.source or Source("", record.offset)
            events[capsule["uuid"]].append(
                SentEvent(capsule, lane, record.offset, source, record.timestamp)
            )
        self._take_strange(scanned, strange)
        held = {role: reader.rows(topic, lane, events) for role, reader in self._readers.items()}
        for uuid, of in events.items():
            found = {
                role: None if rows is None else rows.get(uuid, ()) for role, rows in held.items()
            }
            self._compare(topic, uuid, of, found)
        self._seen.update(map(_short, events))

    def _compare(
        self,
        topic: str,
        uuid: str,
        events: Sequence[SentEvent],
        held: Mapping[str, Sequence[StoredRow] | None],
    ) -> None:
        before = _short(uuid) in self._seen
        for role, side in self._sides.items():
            rows, due = held[role], []
            for event in events:
                if self._state.is_refused(role, topic, event):
                    others = [self._stores[of].title for of in held if of != role and held[of]]
                    self._elsewhere[role, " and ".join(others)].append(uuid)
                elif self._state.is_acknowledged(role, topic, event):
                    due.append(event)
            if rows is not None:
                self._matched[role] += 0 if before else len(rows)
                differences = self._readers[role].differences
                side.take(uuid, due, events, rows, before, differences)

    def _take_strange(self, scanned: Scanned, strange: Sequence[Record]) -> None:
        """Keep the records that no audit can follow, unless each sink has refused or awaits it."""
        topic, lane, _ = scanned
        taken = []
        for record in strange:
            event = SentEvent({}, lane, record.offset, record.source or Source("", -1))
            if any(
                self._state.is_acknowledged(role, topic, event)
                and not self._state.is_refused(role, topic, event)
                for role in self._sides
            ):
                taken.append(record)
        if taken:
            offsets = ", ".join(str(record.offset) for record in taken[:EXAMPLES])
            detail = f"no event with a uuid, offsets {offsets}{more(len(taken))}"
            self._unreadable.append(Finding("unreadable", f"{topic}/{lane}", len(taken), detail))

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong, once all lanes were taken; raises ServerAway."""
        for role, reader in self._readers.items():
            unknown = reader.unknown(self._matched[role], self._is_known)
            self._sides[role].unknown.update(unknown)
        yield from self._unreadable
        for reader in self._readers.values():
            yield from reader.findings()
        for side in self._sides.values():
            yield from side.findings()

    def notes(self) -> Iterator[Finding]:
        """Yield what people should know, and is nothing wrong: what sinks have refused, say."""
        for reader in self._readers.values():
            yield from reader.notes()
        for (role, titles), uuids in sorted(self._elsewhere.items()):
            where = f"stored in {titles}" if titles else "in no store"
            detail = f"refused here, {where}: {some(uuids)}"
            yield Finding("refused", f"{self._stores[role].title} {self.name}", len(uuids), detail)

    def _is_known(self, uuid: str) -> bool:
        return _short(uuid) in self._seen


def _short(uuid: str) -> bytes:
    """Return a uuid in half its bytes, if it is one."""
    try:
        return bytes.fromhex(uuid)
    except ValueError:
        return uuid.encode("utf-8", "surrogatepass")
