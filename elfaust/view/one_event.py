"""One event by its uuid: its raw line, its record, its row in MySQL and its Parquet file.

The JSON of it: {"uuid": str, "event": what seen.py describes, "line": what one_record.py describes
or null, "row": {"table": str, "columns": {name: value} or null, "why": why there is no row} or
null where MySQL is not used, "file": {"path": str, "rows": how many of it has the event,
"why": why there is none} or null where Parquet is not used}.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from elfaust.events.refusals import refused_line, split_source, topic_of
from elfaust.records import Record
from elfaust.settings import Settings
from elfaust.view.checked import TABLES
from elfaust.view.feed import Feed
from elfaust.view.one_record import Check, OneRecord, one_record
from elfaust.view.seen import FAILED, Seen
from elfaust.view.stored import FILES, File, Row, Stored

#: What is said of an event that a store does not have, and why.
REFUSED = "{} has refused it: {}"


class OneEvent(NamedTuple):
    """An event, with what there is of it on its way."""

    uuid: str
    seen: Seen
    line: OneRecord | None
    row: Row | None
    file: File | None

    def as_json(self) -> dict[str, Any]:
        """Return the JSON that this module's docstring describes."""
        return {
            "uuid": self.uuid,
            "event": self.seen.as_json(),
            "line": self.line and self.line.as_json(),
            "row": self.row and self.row._asdict(),
            "file": self.file and self.file._asdict(),
        }


async def one_event(
    settings: Settings, feed: Feed, check: Check, stored: Stored, uuid: str
) -> OneEvent | None:
    """Return an event or error that is among the last ones, None if it is none of them."""
    with feed.looking():
        await feed.fresh()
        last = [of.seen for of in feed.after(0)]
    found = next((of for of in last if of.uuid == uuid), None)
    if found is None:
        return None
    line, source = None, found.source
    if source is not None and topic_of(source.name) in settings.raw_topics.values():
        place = topic_of(source.name), found.lane, source.position
        line = await one_record(settings, feed, check, *place)
    if not feed.is_stored:
        return OneEvent(uuid, found, line, None, None)
    row, file = await asyncio.gather(stored.row(found), stored.file(found))
    refused = refusals(found, last, settings.raw_topics.values())
    if row and row.columns is None and TABLES in refused:
        row = row._replace(why=REFUSED.format("MySQL", refused[TABLES]))
    if file and not file.rows and FILES in refused:
        file = file._replace(why=REFUSED.format("Parquet", refused[FILES]))
    return OneEvent(uuid, found, line, row, file)


def refusals(one: Seen, last: Iterable[Seen], raw: Collection[str]) -> dict[str, str]:
    """Return why sinks have refused an event, by their role, as far as the last errors say it."""
    record = Record(one.topic, one.lane, one.offset, one.time, b"", one.source)
    line = refused_line(record, raw)
    return {
        role: of.why
        for of in last
        if of.status == FAILED and of.source is not None and of.lane == one.lane
        for role, topic in [split_source(of.source.name)]
        if role and (topic, of.source.position) == line
    }
