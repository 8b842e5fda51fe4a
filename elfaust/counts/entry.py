"""An entry of the table of counts: its key, its value, and what a batch changes in it.

Counts are exact under repeats. An entry keeps the highest position that it has counted of each
source: in one lane of a topic the positions of a source only rise, unless somebody repeats a
record, so a record whose position is not above its entry's was counted before. Sinks refuse lines
in orders of their own, and several sinks refuse the same lines: of refusals an entry keeps the
positions themselves (ranges.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from elfaust.counts.ranges import Ranges, add, is_ranges
from elfaust.delivery.batch import END_OF_TIME, MAX_SOURCES
from elfaust.events.refusals import split_source
from elfaust.records import END_OF_REVISIONS

#: What a key has in place of a minute: the entry that counts all minutes, and before an hour.
ALL, HOUR = "all", "h"
#: Nobody counts as far as that, nor has so many lanes; a thousand of them add up in 64 bits.
MOST = 2**53
#: An entry that has counted nothing.
EMPTY = {"count": 0, "last": 0, "positions": {}, "refused": 0, "ranges": {}}


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
    #: What came at an unknown time is in the total alone.
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


def is_entry(key: object, value: object) -> bool:
    """Tell whether a record of the changelog is an entry: `value` None is one that was deleted."""
    if not isinstance(key, str):
        return False
    try:
        of = CountKey.decode(key)
    except ValueError:
        return False
    if not (0 <= of.lane < MOST and -1 <= of.revision < END_OF_REVISIONS):
        return False
    if value is None:
        return True
    if not isinstance(value, Mapping):
        return False
    count, last, positions = value.get("count"), value.get("last"), value.get("positions")
    return (
        _is_number(count)
        and type(last) is int
        and 0 <= last < END_OF_TIME
        and isinstance(positions, dict)
        and all(type(position) is int for position in positions.values())
        # Entries that older versions wrote have neither.
        and _is_number(value.get("refused", 0))
        and is_ranges(value.get("ranges", {}))
    )


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value < MOST


def merge(count: Mapping[str, Any] | None, tally: Tally) -> dict[str, Any] | None:
    """Return the new value of an entry, None when all of the tally was counted before.

    `count` is its present value (the fields of models.count.Count), None if there is no entry. It
    is left as it is.
    """
    before: Mapping[str, Any] = {**EMPTY, **(count or {})}
    positions: dict[str, int] = dict(before["positions"])
    new = 0
    for source, position in tally.marks:
        if position > positions.get(source, -1):
            positions[source] = position
            new += 1
    ranges: Ranges = before["ranges"]
    if tally.refused:
        ranges = {source: list(bounds) for source, bounds in ranges.items()}
    refused = sum(_is_new_refusal(before, ranges, *mark) for mark in tally.refused)
    if not new + refused:
        return None
    if len(positions) > MAX_SOURCES:
        # Somebody makes sources up: an entry that grew with them would be too long for Kafka.
        positions = dict(islice(positions.items(), MAX_SOURCES))
    return {
        "count": before["count"] + new + refused,
        "last": max(before["last"], tally.last),
        "positions": positions,
        "refused": before["refused"] + refused,
        "ranges": ranges,
    }


def _is_new_refusal(before: Mapping[str, Any], ranges: Ranges, source: str, position: int) -> bool:
    # Entries that older versions wrote have the highest position of each sink's refusals.
    if position <= before["positions"].get(source, -1):
        return False
    _, topic = split_source(source)
    return add(ranges, topic, position)
