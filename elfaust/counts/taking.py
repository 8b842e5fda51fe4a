"""One taking of a lane: what its worker counts in it, and what of that is to be written.

All of it ends with the taking. An entry that was changed and is not in Kafka would otherwise hide
the records that it has counted, which come again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from elfaust.counts import checks
from elfaust.counts.checks import Missing
from elfaust.counts.entry import (
    HOUR,
    CountKey,
    Tally,
    from_json,
    merge,
    to_json,
    without_minutes,
)
from elfaust.counts.merged import LaneCounts
from elfaust.counts.place import Place, place_of

#: What a key becomes; None: it is deleted.
Records = list[tuple[bytes, bytes | None]]
#: Entries and what they count.
Counted = list[tuple[Place, int]]
#: The most bytes of a check, of the 100,000 that any topic takes.
CHECK_BYTES = 50_000
#: What is in the JSON of an hour that has minutes.
HAS_MINUTES = b'"minutes":['


class Taking:
    """A lane, from its assignment to a worker until it goes.

    `found` is what the changelog had when the lane was taken, to its end: a copy.
    """

    def __init__(self, lane: int, found: LaneCounts, missing: Sequence[Missing] = ()) -> None:
        self.lane = lane
        self.writer = secrets.token_hex(6)
        #: What was missing when the lane was taken.
        self.missing = missing
        self._found = found
        self._has = {
            when: checks.claims(writers.values()) for when, writers in found.checks.items()
        }
        for of in missing:
            self._has[of.when][of.name] = of.have
        #: What this taking has written, or is about to.
        self._own: dict[str, dict[str, bytes]] = {}
        self._changed: dict[Place, bytes] = {}
        #: What of it is committed and in no check yet.
        self._committed: dict[str, dict[str, int]] = {}
        self._checked: set[str] = set()
        #: Hours whose entries have no minutes any more.
        self._without_minutes: set[str] = set()
        #: Keys of earlier writers whose entries are in Kafka as this one's.
        self._stale: list[bytes] = []
        self._is_ours = False

    def value(self, when: str, name: str) -> dict[str, Any] | None:
        """Return an entry's value, None where there is no entry."""
        text = self._own.get(when, {}).get(name)
        return self._found.value(when, name) if text is None else from_json(text)

    def places(self) -> Iterator[Place]:
        """Return the places of all entries."""
        for when in sorted({*self._own, *self._found.entries}):
            yield from self._places_of(when)

    def _places_of(self, when: str) -> Iterator[Place]:
        for name in {**self._found.entries.get(when, {}), **self._own.get(when, {})}:
            yield Place(self.lane, when, name)

    def add(self, tallies: Mapping[CountKey, Tally]) -> Counted:
        """Add what a batch counts to the entries; return what they count now.

        An entry that has counted all of it becomes this writer's as well. What another one has
        written without having committed it is nothing to rely on: a third one may delete it late.
        """
        counted: Counted = []
        for key, tally in tallies.items():
            place = place_of(key)
            before = self.value(place.when, place.name)
            value = merge(before, tally)
            if value is None and place.name not in self._own.get(place.when, {}):
                value = before
            if value is not None:
                self.put(place, value)
                counted.append((place, value["count"]))
        return counted

    def put(self, place: Place, value: Mapping[str, Any]) -> None:
        """Have an entry be this."""
        text = to_json(value)
        self._own.setdefault(place.when, {})[place.name] = text
        self._changed[place] = text
        self._without_minutes.discard(place.when)

    def forget(self, place: Place) -> Records:
        """Forget an entry, whoever wrote it; return what that is to Kafka."""
        own = self._own.get(place.when, {}).pop(place.name, None)
        self._changed.pop(place, None)
        found = self._found.entries.get(place.when, {}).pop(place.name, ())
        for of in (self._own, self._found.entries):
            if not of.get(place.when, True):
                del of[place.when]
        writers = [writer for writer, _ in found] + ([self.writer] if own is not None else [])
        return [(place.encode(writer), None) for writer in writers]

    def changes(self) -> Records:
        """Return what is to be written for what has changed, and what that makes superfluous.

        The earlier writers' keys go once an offset of this taking is committed: before, this worker
        may be one that was frozen and has read what its successor wrote.
        """
        changed, self._changed = self._changed, {}
        records: Records = [(place.encode(self.writer), text) for place, text in changed.items()]
        for place in changed:
            found = self._found.entries.get(place.when, {}).pop(place.name, ())
            self._stale += [place.encode(writer) for writer, _ in found]
        if self._is_ours:
            stale, self._stale = self._stale, []
            records += [(key, None) for key in stale]
        return records

    def commit(self, counted: Counted) -> None:
        """Note that the group has committed the offsets of a batch, after its counts were in Kafka.

        These entries count as much from now on, whoever writes what: `check` says so.
        """
        self._is_ours = True
        for place, count in counted:
            self._committed.setdefault(place.when, {})[place.name] = count

    def check(self) -> Records:
        """Return what is to be written so that the next one sees whether the lane is whole."""
        records: Records = []
        committed, self._committed = self._committed, {}
        for when, counts in committed.items():
            if not self._own.get(when):
                continue
            has = self._has.setdefault(when, {})
            for name, count in counts.items():
                has[name] = max(count, has.get(name, 0))
            place = Place(self.lane, when, "")
            records.append((place.encode(self.writer), checks.to_json(has, CHECK_BYTES)))
            self._checked.add(when)
            found = self._found.checks.pop(when, {})
            records += [(place.encode(writer), None) for writer in found]
        return records

    def forget_old(self, now: float, minutes: int, hours: int) -> Records:
        """Forget what is older than so many minutes, or hours; return what that is to Kafka.

        What there should be goes first, so that nobody reads it without what there is.
        """
        expired = [
            when
            for when in {*self._own, *self._found.entries, *self._found.checks, *self._has}
            if Place(self.lane, when, _ANY).key.expired(now, minutes, hours)
        ]
        records: Records = []
        for when in expired:
            place = Place(self.lane, when, "")
            writers = [*self._found.checks.pop(when, {})]
            writers += [self.writer] if when in self._checked else []
            records += [(place.encode(writer), None) for writer in writers]
            self._checked.discard(when)
            self._has.pop(when, None)
            self._committed.pop(when, None)
            self._without_minutes.discard(when)
        for place in [place for when in expired for place in self._places_of(when)]:
            records += self.forget(place)
        self._drop_minutes(int(now // 3600) - minutes // 60 - 1)
        return records

    def _drop_minutes(self, before: int) -> None:
        """Have entries of hours before this one be without minutes."""
        for when in sorted({*self._own, *self._found.entries} - self._without_minutes):
            if when.startswith(HOUR) and int(when.removeprefix(HOUR)) < before:
                for name, text in self._texts(when):
                    if HAS_MINUTES in text:
                        self.put(Place(self.lane, when, name), without_minutes(from_json(text)))
                self._without_minutes.add(when)

    def _texts(self, when: str) -> list[tuple[str, bytes]]:
        found = self._found.entries.get(when, {})
        latest = {name: versions[0][1] for name, versions in found.items()}
        return list({**latest, **self._own.get(when, {})}.items())


#: A name of an entry, for what depends on its time alone.
_ANY = "t|s|1|"
