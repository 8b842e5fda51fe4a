"""The rows of EventErrors that the files of a lane must have, held against those that they have.

A record that a processor has written again, by the position of its raw line, is no second row; what
sinks refuse is a row for each record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import orjson

from elfaust.delivery.batch import MAX_SOURCES
from elfaust.events.known_sources import make_room
from elfaust.events.refusals import split_source, topic_source
from elfaust.names import ERRORS
from elfaust.records import Record
from elfaust.sinks.audit_finding import Finding, some
from elfaust.sinks.parquet.reading.files import ReadFile
from elfaust.sinks.parquet.reading.revision import milliseconds
from elfaust.sinks.reading import StoredRow

WHERE = f"Parquet {ERRORS}"


def error_findings(
    topic: str,
    lane: int,
    records: Sequence[Record],
    acknowledged: int,
    files: Collection[ReadFile],
) -> Iterator[Finding]:
    """Yield what is wrong with the rows of a lane; records from `acknowledged` on may wait yet.

    Rows of records that Kafka keeps no more are believed.
    """
    if bad := [file.path for file in files if file.rows is None]:
        yield Finding("unreadable", WHERE, len(bad), some(bad))
    rows = [row for file in files for row in file.rows or ()]
    found = Counter(row.get("error_offset") for row in rows)
    known = {record.offset: record for record in records}
    first = min(known, default=0)
    wanted = set(_stored(records, _highest(rows, first)))
    repeats = {at for at in found if at in known and at not in wanted}
    wrong: dict[str, set[Any]] = {
        "lost": {at for at in wanted if at < acknowledged} - found.keys(),
        "twice": {at for at, times in found.items() if times > 1} | repeats,
        "unknown": {at for at in found if type(at) is not int or (at >= first and at not in known)},
        "differs": {at for row in rows if (at := _differs(row, known)) is not None},
    }
    for kind, offsets in wrong.items():
        if kind != "unknown" or known:
            yield from _told(kind, f"{topic}/{lane}", offsets)


def _told(kind: str, lane: str, offsets: Collection[Any]) -> Iterator[Finding]:
    if offsets:
        yield Finding(kind, WHERE, len(offsets), f"{lane}: {some([str(at) for at in offsets])}")


def _highest(rows: Sequence[StoredRow], first: int) -> dict[str, int]:
    """Return the highest position of each source in rows of records before offset `first`.

    Kafka keeps those no more; what is left may repeat them.
    """
    highest: dict[str, int] = {}
    for row in rows:
        at, name, position = row.get("error_offset"), row.get("raw_topic"), row.get("raw_offset")
        is_older = type(at) is int and at < first and row.get("refused_by") == "processor"
        if is_older and isinstance(name, str) and type(position) is int:
            name = topic_source(name, row.get("raw_topic_id") or "")
            highest[name] = max(position, highest.get(name, -1))
    return highest


def _stored(records: Sequence[Record], highest: dict[str, int]) -> Iterator[int]:
    """Yield the offsets of the records of which each is a row, behind the highest positions."""
    for record in records:
        if record.source and not split_source(record.source.name)[0]:
            name, position = record.source
            if name in highest or make_room(highest, name, MAX_SOURCES):
                if position <= highest.get(name, -1):
                    continue
                highest[name] = position
        yield record.offset


def _differs(row: StoredRow, known: Mapping[int, Record]) -> int | None:
    """Return the offset of a row that says otherwise than its record."""
    record = known.get(row.get("error_offset", -1))
    if record is None:
        return None
    try:
        capsule = orjson.loads(record.value)
        said = capsule["uuid"], capsule["event"]["code"]
    except (ValueError, LookupError, TypeError):
        # It is no EventError of ours: its row has what can be had of it.
        said = row.get("uuid"), row.get("code")
    position = record.source.position if record.source else None
    wanted = (*said, position, record.lane, max(-1, record.timestamp))
    stored = (row.get("uuid"), row.get("code"), row.get("raw_offset"), row.get("lane"))
    return None if wanted == (*stored, milliseconds(row.get("received"))) else record.offset
