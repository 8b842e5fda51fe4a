"""An entry of the table of counts: its key, its value, and what a batch changes in it.

An entry counts all time, or one hour with its minutes. Counts are exact under repeats: an entry
keeps the highest position that it has counted of each source. In one lane of a topic the positions
of a source only rise, unless somebody repeats a record, so a record whose position is not above its
entry's was counted before. Sinks refuse lines in orders of their own, and several sinks refuse the
same lines: of refusals an entry keeps the positions themselves (ranges.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote

import orjson

from elfaust.counts.ranges import Ranges, add, is_ranges
from elfaust.delivery.batch import END_OF_TIME, MAX_SOURCES
from elfaust.events.known_sources import at_most
from elfaust.events.refusals import split_source

#: What a key has in place of a minute: the entry that counts all minutes, and before an hour.
ALL, HOUR = "all", "h"
#: Nobody counts as far as that, nor has so many lanes: 100,000 a second for twenty years. What more
#: than 200,000 entries count, whoever made them up, is a number that JSON of a page can have.
MOST = 2**46
MINUTES = 60
#: An entry that has counted nothing. `minutes` counts by the minute of the hour, `refused_minutes`
#: what of that sinks refused: empty where nothing was counted so, None once they are not kept.
EMPTY: Final[Mapping[str, Any]] = {
    "count": 0,
    "last": 0,
    "positions": {},
    "refused": 0,
    "ranges": {},
    "minutes": [],
    "refused_minutes": [],
}
#: Fields that a value always has in Kafka; the others only where they say something.
ALWAYS = ("count", "last", "positions")


class CountKey(NamedTuple):
    """The key of an entry."""

    lane: int
    #: Topic that the counted records are in.
    topic: str
    schema: str
    revision: int
    #: Code of an EventError; "" for valid events.
    code: str
    #: Minutes from the epoch to the raw lines' Kafka timestamp; None for an hour and for the total.
    #: What came at an unknown time is in the total alone. Nobody writes entries of minutes any
    #: more: those of older versions are there until they are too old.
    minute: int | None
    #: Hours from the epoch to it; None for a minute and for the total.
    hour: int | None = None

    @property
    def is_total(self) -> bool:
        """Whether the entry counts what came at any time."""
        return self.minute is None and self.hour is None

    def encode(self) -> str:
        """Return the key as the table has it: `lane|topic|schema|revision|code|minute`.

        In place of the minute are `h` and the hour, or `all`. Schema and code come from events and
        may hold anything; they are percent-encoded.
        """
        minute = ALL if self.minute is None else self.minute
        when = minute if self.hour is None else f"{HOUR}{self.hour}"
        schema, code = quote(self.schema, safe=""), quote(self.code, safe="")
        return f"{self.lane}|{self.topic}|{schema}|{self.revision}|{code}|{when}"

    @classmethod
    def decode(cls, text: str) -> CountKey:
        """Return the key that `encode` wrote.

        Raises ValueError for text that it did not write.
        """
        lane, topic, schema, revision, code, when = text.split("|")
        is_hour = when.startswith(HOUR)
        return cls(
            int(lane),
            topic,
            unquote(schema),
            int(revision),
            unquote(code),
            None if is_hour or when == ALL else int(when),
            int(when.removeprefix(HOUR)) if is_hour else None,
        )

    def expired(self, now: float, keep_minutes: int, keep_hours: int) -> bool:
        """Tell whether the entry is of a time that is not kept at `now` (Unix seconds).

        Those are minutes and hours that are over for longer than is kept, and those to come that
        are as far away: somebody's clock is wrong.
        """
        if self.hour is not None:
            return abs(self.hour - int(now // 3600)) > keep_hours
        return self.minute is not None and abs(self.minute - int(now // 60)) > keep_minutes


class Tally(NamedTuple):
    """What one batch adds to one entry."""

    #: (source, position) of each record, in the order of the lane.
    marks: list[tuple[str, int]]
    #: Time of the newest record, milliseconds since the epoch; 0 where none is known.
    last: int
    #: The same as `marks` of the events that sinks refused, which come in any order.
    refused: Sequence[tuple[str, int]] = ()
    #: The minute of the hour of each of `marks` and of `refused`; empty for the total.
    minutes: Sequence[int] = ()
    refused_minutes: Sequence[int] = ()


def is_value(value: Mapping[str, Any]) -> bool:
    """Tell whether a mapping is an entry's value."""
    count, last, positions = value.get("count"), value.get("last"), value.get("positions")
    return (
        _is_number(count)
        and type(last) is int
        and 0 <= last < END_OF_TIME
        and isinstance(positions, dict)
        and len(positions) <= MAX_SOURCES
        and all(type(position) is int for position in positions.values())
        # Entries that older versions wrote have neither.
        and _is_number(value.get("refused", 0))
        and is_ranges(value.get("ranges", {}))
        and _are_minutes(value.get("minutes", []))
        and _are_minutes(value.get("refused_minutes", []))
    )


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value < MOST


def _are_minutes(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, list) or len(value) not in (0, MINUTES):
        return False
    # There are sixty in each hour that is read: no call for each of them.
    return not value or (set(map(type, value)) == {int} and 0 <= min(value) <= max(value) < MOST)


def to_json(value: Mapping[str, Any]) -> bytes:
    """Return a value as Kafka has it."""
    short = {name: of for name, of in value.items() if name in ALWAYS or of != EMPTY[name]}
    return orjson.dumps(short)


def from_json(text: bytes) -> dict[str, Any]:
    """Return a value, all its fields, as `to_json` wrote it or an older version."""
    value = {**EMPTY, **orjson.loads(text)}
    return {name: value[name] for name in EMPTY}


def without_minutes(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an hour's value without its minutes, which are kept no longer."""
    return {**value, "minutes": None, "refused_minutes": None}


def merge(count: Mapping[str, Any] | None, tally: Tally) -> dict[str, Any] | None:
    """Return the new value of an entry, None when all of the tally was counted before.

    `count` is its present value (the fields of models.count.Count), None if there is no entry. It
    is left as it is.
    """
    before: Mapping[str, Any] = {**EMPTY, **(count or {})}
    positions: dict[str, int] = dict(before["positions"])
    new = []
    for at, (source, position) in enumerate(tally.marks):
        if position > positions.get(source, -1):
            positions[source] = position
            new.append(at)
    ranges: Ranges = before["ranges"]
    if tally.refused:
        ranges = {source: list(bounds) for source, bounds in ranges.items()}
    refused = [
        at
        for at, mark in enumerate(tally.refused)
        if _is_new_refusal(before["positions"], ranges, *mark)
    ]
    if not new and not refused:
        return None
    # An entry that grew with what somebody makes up would be too long for Kafka.
    positions = at_most(positions, MAX_SOURCES)
    of_sinks = [tally.refused_minutes[at] for at in refused] if tally.refused_minutes else []
    of_all = [tally.minutes[at] for at in new] if tally.minutes else []
    return {
        "count": before["count"] + len(new) + len(refused),
        "last": max(before["last"], tally.last),
        "positions": positions,
        "refused": before["refused"] + len(refused),
        "ranges": ranges,
        "minutes": _more(before["minutes"], of_all + of_sinks),
        "refused_minutes": _more(before["refused_minutes"], of_sinks),
    }


def _more(before: list[int] | None, minutes: Sequence[int]) -> list[int] | None:
    """Return counts by minute with one more for each of `minutes`; of none there are none."""
    if before is None or not minutes:
        return before
    counts = before.copy() or [0] * MINUTES
    for minute in minutes:
        counts[minute] += 1
    return counts


def _is_new_refusal(
    positions: Mapping[str, int], ranges: Ranges, source: str, position: int
) -> bool:
    # Entries that older versions wrote have the highest position of each sink's refusals.
    if position <= positions.get(source, -1):
        return False
    _, topic = split_source(source)
    return add(ranges, topic, position)
