"""Counts that are exact under repeats: an entry of the table and how a batch adds to it.

A record always maps to the same entries. An entry keeps the highest position that it has counted of
each source: in one lane of a topic the positions of a source only rise, save where somebody repeats
itself, so a record whose position is not above its entry's was counted before. Sinks refuse lines
in orders of their own, and several the same ones: of those an entry keeps which lines they were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import orjson

from elfaust.boundary import check_batch, unforeseen
from elfaust.counts.ranges import Ranges, add, is_ranges
from elfaust.delivery.batch import END_OF_TIME, MAX_SOURCES
from elfaust.errors import EventFault
from elfaust.events.refusals import split_source
from elfaust.records import UNKNOWN_TIME, Record, SchemaKey
from elfaust.schema.lookup.registry import NAME

MINUTE_MS = 60_000
UNKNOWN_MINUTE = UNKNOWN_TIME // MINUTE_MS
#: What may stand in an entry's key: others, and what only an event claims, share one.
CODES = ("processor", "validation", "consumer", "unresolved")
UNKNOWN_CODE, UNKNOWN_KEY = "unknown", SchemaKey("unknown", -1)
#: The minute of the entry that counts all minutes, as it is written in a key.
ALL = "all"
#: Code and schema of a record of the error topic that cannot be read.
UNREADABLE = (UNKNOWN_CODE, UNKNOWN_KEY)
#: One that can.
READABLE = b'{"event":{"code":"processor","schema":"unknown","revision":-1}}'
#: An entry that has counted nothing.
EMPTY = {"count": 0, "last": 0, "positions": {}, "refused": 0, "ranges": {}}
#: Source of the records that carry none: their own topic and offset, which also only rise.
ITSELF = ""


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


def tally(
    lane: int, topic: str, key: SchemaKey | None, records: Sequence[Record]
) -> dict[CountKey, Tally]:
    """Return what the records of one lane of a topic add to which entries.

    `key` is the topic's schema revision, None for the error topic, whose records name their own.
    """
    if key is not None:
        return _tally_one(lane, topic, key, "", records)
    groups: defaultdict[tuple[str, SchemaKey], list[Record]] = defaultdict(list)
    faults: list[EventFault | None] = []
    for record in records:
        try:
            entry, fault = named_by(record.value), None
        except Exception as error:
            entry, fault = UNREADABLE, unforeseen(error, "consumer")
        groups[entry].append(record)
        faults.append(fault)
    check_batch(faults, lambda: named_by(READABLE))
    tallies: dict[CountKey, Tally] = {}
    for (code, named), group in groups.items():
        tallies.update(_tally_one(lane, topic, named, code, group))
    return tallies


def _tally_one(
    lane: int, topic: str, key: SchemaKey, code: str, records: Sequence[Record]
) -> dict[CountKey, Tally]:
    if not records:
        return {}
    minutes: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    newest: dict[int, int] = {}
    everything: list[tuple[str, int]] = []
    for _, _, offset, timestamp, _, source in records:
        mark = source or (ITSELF, offset)
        minute = timestamp // MINUTE_MS
        everything.append(mark)
        minutes[minute].append(mark)
        if timestamp > newest.get(minute, -1):
            newest[minute] = timestamp
    minutes.pop(UNKNOWN_MINUTE, None)
    made = _of_errors if code else Tally
    tallies = {
        CountKey(lane, topic, *key, code, minute): made(marks, newest[minute])
        for minute, marks in minutes.items()
    }
    last = max(newest.values(), default=0)
    tallies[CountKey(lane, topic, *key, code, None)] = made(everything, last)
    return tallies


def _of_errors(marks: Sequence[tuple[str, int]], last: int) -> Tally:
    judged, refused = list[tuple[str, int]](), list[tuple[str, int]]()
    for mark in marks:
        role, _ = split_source(mark[0])
        (refused if role else judged).append(mark)
    return Tally(judged, last, refused)


def named_by(value: bytes) -> tuple[str, SchemaKey]:
    """Return the code of an EventError and the schema revision that it is counted under.

    That is the one that it names, UNKNOWN_KEY where no registry knows that (the processor marks
    such errors), or where no schema can have such a name: anybody can make up names, and each
    would be an entry for ever.
    """
    try:
        event = orjson.loads(value)["event"]
        return _entry(event["code"], event["schema"], event["revision"], event.get("unknown"))
    except (ValueError, LookupError, TypeError):
        return UNREADABLE


@lru_cache(maxsize=1024, typed=True)
def _entry(code: Any, schema: Any, revision: Any, unknown: Any) -> tuple[str, SchemaKey]:
    """Return what is counted of these; the same few come again and again."""
    named = unknown is not True and is_named(schema, revision)
    return (
        code if code in CODES else UNKNOWN_CODE,
        SchemaKey(schema, revision) if named else UNKNOWN_KEY,
    )


def is_named(schema: object, revision: object) -> bool:
    """Tell whether a schema revision can have this name and number."""
    return (
        isinstance(schema, str)
        and NAME.match(schema) is not None
        and type(revision) is int
        and 0 < revision < 2**63
    )


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
        # Entries of old have neither.
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
    refused = sum(_is_refused_anew(before, ranges, *mark) for mark in tally.refused)
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


def _is_refused_anew(before: Mapping[str, Any], ranges: Ranges, source: str, position: int) -> bool:
    # An entry of old has the highest position of each sink's refusals.
    if position <= before["positions"].get(source, -1):
        return False
    _, topic = split_source(source)
    return add(ranges, topic, position)
