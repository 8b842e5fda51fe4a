"""What the changelog says of all lanes: for each entry what each of its writers has written.

Every value of an entry counts a prefix of the same records, so of several the one that counts most
is the latest, in whatever order they came: what is here depends on no order of writers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any

import orjson

from elfaust.counts.checks import is_check
from elfaust.counts.entry import CountKey, from_json, is_value
from elfaust.counts.place import PLAIN, QUOTED, Place, decode

#: The longest value that is read, bytes: names, positions and ranges of an entry take less.
MOST_BYTES = 500_000
#: Writers and their values, the one that counts most first. Values are bytes: most are never asked.
Versions = tuple[tuple[str, bytes], ...]
#: Takes in an entry as it is now, None for one that there is no longer, and when it was written.
Show = Callable[[CountKey, Mapping[str, Any] | None, float], None]


@dataclass
class LaneCounts:
    """The entries of a lane by `when` and name, and by `when` and writer what there should be."""

    entries: dict[str, dict[str, Versions]] = field(default_factory=dict)
    checks: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def copy(self) -> LaneCounts:
        """Return a copy that nobody else changes."""
        return LaneCounts(
            {when: dict(names) for when, names in self.entries.items()},
            {when: dict(writers) for when, writers in self.checks.items()},
        )

    def value(self, when: str, name: str) -> dict[str, Any] | None:
        """Return an entry's value, None where there is no entry."""
        versions = self.entries.get(when, {}).get(name, ())
        return from_json(versions[0][1]) if versions else None


class Merged:
    """The counts of all lanes, fed with the changelog; `show` is told of each entry."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._lanes: dict[int, LaneCounts] = {}
        #: When the newest record was written, Unix seconds: by the clock of whoever wrote it.
        self.newest = 0.0

    def lane(self, lane: int) -> LaneCounts:
        """Return what is known of a lane now; it changes as more is read."""
        return self._lanes.setdefault(lane, LaneCounts())

    def clear(self) -> None:
        """Forget everything: the changelog was made anew."""
        for place in list(self._places()):
            self._show(place.key, None, 0.0)
        self._lanes.clear()

    def _places(self) -> Iterator[Place]:
        for lane, counts in self._lanes.items():
            for when, names in counts.entries.items():
                for name in names:
                    yield Place(lane, when, name)

    def apply(self, lane: int, key: bytes | None, text: bytes | None, written: float) -> bool:
        """Take in a record of a lane of the changelog, written at these Unix seconds.

        Tells whether it is one of the counts: nobody writes those of one lane into another, or
        such as would not go back into Kafka with a little more.
        """
        if text is not None and len(text) > MOST_BYTES:
            return False
        try:
            place, writer = decode(key or b"")
            value = None if text is None else orjson.loads(text)
        except ValueError:
            return False
        if place.lane != lane or (text is not None and not isinstance(value, dict)):
            return False
        self.newest = max(self.newest, written)
        if not place.name:
            return self._apply_check(place, writer, text, value)
        if value is not None and not is_value(value):
            return False
        self._apply_entry(place, writer, text, value, written)
        return True

    def _apply_check(self, place: Place, writer: str, text: bytes | None, value: object) -> bool:
        if text is not None and not is_check(value):
            return False
        checks = self.lane(place.lane).checks
        writers = checks.setdefault(intern(place.when), {})
        if text is None:
            writers.pop(writer, None)
        else:
            writers[intern(writer)] = text
        if not writers:
            del checks[place.when]
        return True

    def _apply_entry(
        self, place: Place, writer: str, text: bytes | None, value: Any, written: float
    ) -> None:
        entries = self.lane(place.lane).entries
        names = entries.setdefault(intern(place.when), {})
        before = names.get(place.name, ())
        others = tuple(one for one in before if one[0] != writer)
        # Older versions had one key for all who wrote: of theirs the one that counts more stays.
        if writer in (QUOTED, PLAIN) and value is not None and len(others) < len(before):
            mine = next(one for one in before if one[0] == writer)
            if from_json(mine[1])["count"] > value["count"]:
                return
        versions = others if text is None else _with(others, intern(writer), text)
        if versions:
            names[intern(place.name)] = versions
        else:
            names.pop(place.name, None)
            if not names:
                del entries[place.when]
        if versions and versions[0][1] != text:
            value = from_json(versions[0][1])
        self._show(place.key, value if versions else None, written)


def _with(others: Versions, writer: str, text: bytes) -> Versions:
    """Return versions with one more, at the place of its count: before those that count as much.

    The newest of those has no minutes any more, where they are too old. There may be hundreds:
    workers that end before they commit, again and again, leave a version each. Versions that are
    equal take the room of one.
    """
    at = 0
    if others:
        at = bisect_left(others, -_count((writer, text)), key=lambda one: -_count(one))
        if at < len(others) and others[at][1] == text:
            text = others[at][1]
    return (*others[:at], (writer, text), *others[at:])


def _count(version: tuple[str, bytes]) -> int:
    count: int = orjson.loads(version[1])["count"]
    return count
