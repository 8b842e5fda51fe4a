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

#: The minute of the entry that counts all minutes, as it is written in a key.
ALL = "all"
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
    #: Minutes from the epoch to the raw lines' Kafka timestamp; None for the total. What came at an
    #: unknown time is in the total alone.
    minute: int | None

    def encode(self) -> str:
        """Return the key as the table has it: `lane|topic|schema|revision|code|minute`.

        Schema and code come from events and may hold anything; they are percent-encoded.
        """
        minute = ALL if self.minute is None else self.minute
        schema, code = quote(self.schema, safe=""), quote(self.code, safe="")
        return f"{self.lane}|{self.topic}|{schema}|{self.revision}|{code}|{minute}"

    @classmethod
    def decode(cls, text: str) -> CountKey:
        """Return the key that `encode` wrote.

        Raises ValueError for text that it did not write.
        """
        lane, topic, schema, revision, code, minute = text.split("|")
        return cls(
            int(lane),
            topic,
            unquote(schema),
            int(revision),
            unquote(code),
            None if minute == ALL else int(minute),
        )

    def expired(self, now: float, keep_minutes: int) -> bool:
        """Tell whether the entry is of a minute that is not kept at `now` (Unix seconds).

        Those are minutes that are over for longer than `keep_minutes`, and minutes to come that
        are as far away: somebody's clock is wrong.
        """
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
        CountKey.decode(key)
    except ValueError:
        return False
    if value is None:
        return True
    if not isinstance(value, Mapping):
        return False
    count, last, positions = value.get("count"), value.get("last"), value.get("positions")
    return (
        type(count) is int
        and type(last) is int
        and 0 <= last < END_OF_TIME
        and isinstance(positions, dict)
        and all(type(position) is int for position in positions.values())
        # Entries that older versions wrote have neither.
        and type(value.get("refused", 0)) is int
        and is_ranges(value.get("ranges", {}))
    )


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
