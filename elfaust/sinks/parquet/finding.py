"""The Parquet file of one event: by its topic, lane and offset, in the folders of its hours."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

from elfaust.records import Record, SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.parquet.file_names import FileNames, holds
from elfaust.sinks.parquet.hours import HOUR_MS, hour_of, placed
from elfaust.sinks.parquet.reader import parquet_table
from elfaust.sinks.values import STRANGE, moment_of
from elfaust.storage import Storage

#: An hour as `dt` begins with it, characters.
HOUR = len("2020-09-13T12")


class Found(NamedTuple):
    """A file, "" for none, and how many of its rows have the event's uuid."""

    path: str
    rows: int


def find_file(
    settings: Settings, storage: Storage, key: SchemaKey, record: Record, capsule: dict[str, Any]
) -> Found:
    """Return the file of a schema revision that holds a record.

    Two folders are listed at most, and one file is read. Raises ServerAway where the storage does
    not answer, ArrowException or KeyError for a file that cannot be read.
    """
    names = FileNames(settings)
    folders = (names.in_hour(key, hour) for hour in _hours(settings, record, capsule))
    for folder in dict.fromkeys(folders):
        for name in storage.list(folder):
            if holds(name, record.topic, record.lane, record.offset):
                path = f"{folder}/{name}"
                uuids = parquet_table(storage, path, ["uuid"])["uuid"].to_pylist()
                return Found(path, uuids.count(capsule.get("uuid")))
    return Found("", 0)


def _hours(settings: Settings, record: Record, capsule: dict[str, Any]) -> list[str]:
    """Return the hours in whose folders an event may be."""
    hours, hdfs = [], settings.hdfs
    with suppress(*STRANGE):
        hour = moment_of(capsule).isoformat()[:HOUR]
        first, ahead = f"{hdfs.first_year:04}", hdfs.ahead_hours * HOUR_MS
        hours.append(placed(hour, record.timestamp, first, ahead))
    return [*hours, *([hour_of(record.timestamp)] if record.timestamp >= 0 else [])]
