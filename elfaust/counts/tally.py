"""What the records of a batch add to which entries of the table of counts.

A record always maps to the same entries, whoever counts it and however often.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import compress
from typing import Any

import orjson

from elfaust.boundary import check_batch, unforeseen
from elfaust.counts.entry import MINUTES, CountKey, Tally
from elfaust.errors import EventFault
from elfaust.events.refusals import split_source
from elfaust.records import END_OF_REVISIONS, UNKNOWN_TIME, Record, SchemaKey
from elfaust.schema.lookup.registry import NAME

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
UNKNOWN_HOUR = UNKNOWN_TIME // HOUR_MS
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
    marks = [record.source or (ITSELF, record.offset) for record in records]
    times = [record.timestamp for record in records]
    made = _of_errors if code else _of_events
    total = CountKey(lane, topic, *key, code, None)
    tallies = {total: made(marks, max(0, *times), [])}
    for hour, (of_hour, minutes) in _by_hour(marks, times).items():
        # When the newest record came is read from the total alone.
        tallies[total._replace(hour=hour)] = made(of_hour, 0, minutes)
    return tallies


def _by_hour(marks: list[Mark], times: list[int]) -> dict[int, tuple[list[Mark], list[int]]]:
    """Return the marks of each hour and their minutes, without those of unknown time."""
    hours = {time // HOUR_MS for time in times}
    if len(hours) == 1 and UNKNOWN_HOUR not in hours:
        return {hours.pop(): (marks, [time // MINUTE_MS % MINUTES for time in times])}
    found = defaultdict[int, tuple[list[Mark], list[int]]](lambda: ([], []))
    for mark, time in zip(marks, times, strict=True):
        of_hour, minutes = found[time // HOUR_MS]
        of_hour.append(mark)
        minutes.append(time // MINUTE_MS % MINUTES)
    found.pop(UNKNOWN_HOUR, None)
    return found


def _of_events(marks: list[Mark], last: int, minutes: list[int]) -> Tally:
    return Tally(marks, last, minutes=minutes)


def _of_errors(marks: list[Mark], last: int, minutes: list[int]) -> Tally:
    is_refusal = [bool(split_source(source)[0]) for source, _ in marks]
    judged = [not refusal for refusal in is_refusal]
    return Tally(
        list(compress(marks, judged)),
        last,
        list(compress(marks, is_refusal)),
        list(compress(minutes, judged)),
        list(compress(minutes, is_refusal)),
    )


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
