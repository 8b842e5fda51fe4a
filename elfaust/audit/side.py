"""One store beside the topic: the events of a schema revision that it must have, and has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from elfaust.sinks.audit_finding import Finding, some
from elfaust.sinks.reading import SentEvent, StoredRow

#: Yields what a row says otherwise than an event.
Differences = Callable[[dict[str, Any], StoredRow], Iterable[str]]


@dataclass
class Side:
    """What one store has of the events of a schema revision; uuids name them."""

    where: str
    #: Whether each record is a row of its own, or each event.
    by_record: bool
    lost: list[str] = field(default_factory=list)
    twice: dict[str, str] = field(default_factory=dict)
    #: By uuid what differs: another record of the same event may be what is stored.
    differing: dict[str, list[str]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def take(
        self,
        uuid: str,
        due: Sequence[SentEvent],
        events: Sequence[SentEvent],
        rows: Sequence[StoredRow],
        before: bool,
        differences: Differences,
    ) -> None:
        """Compare the records of an event in one lane with its rows.

        `due` are those that the store must have, `before` says that an earlier lane has the event.
        """
        wanted = len({event.source for event in due}) if self.by_record else min(1, len(due))
        if len(rows) < wanted and not (before and not self.by_record):
            self.lost.append(uuid)
        if len(rows) > 1 or (rows and before and self.by_record):
            sent = len({event.source for event in events}) + before
            self.twice[uuid] = f"{uuid} ({sent} records have it)" if sent > 1 else uuid
        self._compare(uuid, events, rows, before, differences)

    def _compare(
        self,
        uuid: str,
        events: Sequence[SentEvent],
        rows: Sequence[StoredRow],
        before: bool,
        differences: Differences,
    ) -> None:
        matched_before = before and not self.by_record and uuid not in self.differing
        for row in () if matched_before else rows:
            found: list[str] = []
            for event in events:
                if not (found := list(differences(event.capsule, row))):
                    break
            if found:
                self.differing.setdefault(uuid, found)
            elif before and not self.by_record:
                self.differing.pop(uuid, None)

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong."""
        if self.lost:
            yield Finding("lost", self.where, len(self.lost), some(self.lost))
        if self.unknown:
            yield Finding("unknown", self.where, len(self.unknown), some(self.unknown))
        if self.twice:
            yield Finding("twice", self.where, len(self.twice), some(self.twice.values()))
        found = [f"{uuid} {what}" for uuid, whats in self.differing.items() for what in whats]
        if found:
            yield Finding("differs", self.where, len(found), some(found))
