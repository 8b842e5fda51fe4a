"""What the records of a batch add to which entries of the table of counts.

A record always maps to the same entries, whoever counts it and however often.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from elfaust.boundary import check_batch, unforeseen
from elfaust.counts.entry import CountKey, Tally
from elfaust.errors import EventFault
from elfaust.events.refusals import split_source
from elfaust.records import END_OF_REVISIONS, UNKNOWN_TIME, Record, SchemaKey
from elfaust.schema.lookup.registry import NAME

MINUTE_MS = 60_000
HOUR_MINUTES = 60
UNKNOWN_MINUTE = UNKNOWN_TIME // MINUTE_MS
#: What may stand in an entry's key: others, and what only an event claims, share one.
CODES = ("processor", "validation", "consumer", "unresolved")
UNKNOWN_CODE, UNKNOWN_KEY = "unknown", SchemaKey("unknown", -1)
#: Code and schema of a record of the error topic that cannot be read.
UNREADABLE = (UNKNOWN_CODE, UNKNOWN_KEY)
#: One that can.
READABLE = b'{"event":{"code":"processor","schema":"unknown","revision":-1}}'
#: The source of a record, and its position there.
Mark = tuple[str, int]
#: Source of the records that carry none: their own topic and offset, which also only rise.
ITSELF = ""


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
    minutes: defaultdict[int, list[Mark]] = defaultdict(list)
    newest: dict[int, int] = {}
    everything: list[Mark] = []
    for _, _, offset, timestamp, _, source in records:
        mark = source or (ITSELF, offset)
        minute = timestamp // MINUTE_MS
        everything.append(mark)
        minutes[minute].append(mark)
        if timestamp > newest.get(minute, -1):
            newest[minute] = timestamp
    last = max(newest.values(), default=0)
    hours = _by_hour(minutes, everything, records)
    minutes.pop(UNKNOWN_MINUTE, None)
    made = _of_errors if code else Tally
    total = CountKey(lane, topic, *key, code, None)
    tallies = {
        total._replace(minute=minute): made(marks, newest[minute])
        for minute, marks in minutes.items()
    }
    # When the newest record came is read from the total alone.
    tallies |= {total._replace(hour=hour): made(marks, 0) for hour, marks in hours.items()}
    tallies[total] = made(everything, last)
    return tallies


def _by_hour(
    minutes: Mapping[int, object], everything: list[Mark], records: Sequence[Record]
) -> dict[int, list[Mark]]:
    hours = {minute // HOUR_MINUTES for minute in minutes}
    if len(hours) == 1 and UNKNOWN_MINUTE not in minutes:
        return {hours.pop(): everything}
    found: defaultdict[int, list[Mark]] = defaultdict(list)
    for mark, record in zip(everything, records, strict=True):
        found[record.timestamp // (HOUR_MINUTES * MINUTE_MS)].append(mark)
    found.pop(UNKNOWN_TIME // (HOUR_MINUTES * MINUTE_MS), None)
    return found


def _of_errors(marks: Sequence[Mark], last: int) -> Tally:
    judged, refused = list[Mark](), list[Mark]()
    for mark in marks:
        role, _ = split_source(mark[0])
        (refused if role else judged).append(mark)
    return Tally(judged, last, refused)


def named_by(value: bytes) -> tuple[str, SchemaKey]:
    """Return the code of an EventError and the schema revision that it is counted under.

    That is the one that it names, UNKNOWN_KEY where no registry knows that (the processor marks
    such errors), or where no schema can have such a name: anybody can make up names, and each
    would be an entry forever.
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
        and 0 < revision < END_OF_REVISIONS
    )
