"""Records of valid events and of errors, and a table that counts them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import orjson

from elfaust.counts.entry import CountKey, merge
from elfaust.counts.merged import Merged
from elfaust.counts.tally import tally
from elfaust.records import Record, SchemaKey, Source
from elfaust.testing import make_record

EDIT = SchemaKey("Edit", 13457736)

TOPIC = "eventlogging_Edit_13457736"

ERROR_TOPIC = "eventlogging_EventError"

MINUTE = 60_000
HOUR = 60 * MINUTE

Table = dict[CountKey, dict[str, Any]]


def count(
    table: Table, lane: int, topic: str, key: SchemaKey | None, batch: Sequence[Record]
) -> None:
    for entry, new in tally(lane, topic, key, batch).items():
        value = merge(table.get(entry), new)
        if value is not None:
            table[entry] = value


def valid(position: int, timestamp: int = 0, source: str = "raw") -> Record:
    return make_record(b"{}", position, timestamp, (source, position))


def refused(position: int, code: str, schema: str = "Edit", revision: int = 1) -> Record:
    event = {"event": {"code": code, "schema": schema, "revision": revision}}
    return make_record(orjson.dumps(event), position, 0, ("raw", position))


def refusal(role: str, position: int, topic: str = "raw") -> Record:
    record = refused(position, "consumer")
    return record._replace(
        source=Source(f"{role}/{topic}", position), timestamp=position % 3 * MINUTE
    )


def is_entry(key: str, value: object) -> bool:
    """Tell whether a record of the changelog is an entry; value None is one that was deleted."""
    text = None if value is None else json.dumps(value).encode()
    return Merged(lambda *_: None).apply(int(key.partition("|")[0]), key.encode(), text, 0.0)


def with_minutes(table: Table) -> Table:
    """Return a table with the minutes of its hours as entries of their own."""
    found = dict(table)
    for key, value in table.items():
        refused = value["refused_minutes"] or [0] * 60
        for minute, count in enumerate(value["minutes"] or ()):
            if key.hour is not None and count:
                of_minute = {"count": count, "refused": refused[minute]}
                found[key._replace(minute=key.hour * 60 + minute, hour=None)] = of_minute
    return found
