"""JSON lines: the events of a topic and lane, one JSON object a line, in a folder of this machine.

A file `<topic>/<lane>-<first>-<last>.jsonl` covers the offsets in its name. It has its name only
when it is whole and on the disk, and offsets that a file covers are passed over when they come
again, also to another worker: each record is there once, whatever is killed.

Its limits: all workers of the role see one folder, and of two that believe they own a lane the one
that is wrong may store what the other has too. What a processor that was killed has sent twice is
there twice. The folder of a topic that was deleted and created again has to be moved away.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Any

import orjson

from elfaust.checks import Check, Subject
from elfaust.errors import EventFault, ServerAway
from elfaust.metrics.table import SINK_ROWS
from elfaust.metrics.values import count_of
from elfaust.names import TopicNames
from elfaust.records import Record, SchemaKey
from elfaust.settings import Settings, state_folder
from elfaust.sinks.base import Events, Limits, Reject, Rejected, Store
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.reading import EventReader, Stored

#: What a file is called: lane, first and last offset.
FILE = re.compile(r"([0-9]+)-([0-9]{20})-([0-9]{20})\.jsonl")


class JsonLinesSink:
    """Writes the files of lanes."""

    limits = Limits(Bounds(10_000, 16_000_000), 5.0, Bounds(100_000, 64_000_000))

    def __init__(self, folder: Path) -> None:
        self.server = f"the folder {folder}"
        self._folder = folder
        #: The last offset that a file covers, by topic and lane.
        self._covered: dict[tuple[str, int], int] = {}

    def ping(self) -> None:
        """Make the folder; raises OSError where that fails."""
        self._folder.mkdir(parents=True, exist_ok=True)

    def group_of(self, topic: str, lane: int) -> tuple[str, int]:
        """Return the topic and lane: a file has the events of one."""
        return topic, lane

    def write(self, events: Sequence[Events], reject: Reject) -> None:
        """Store the events of a lane that no file covers; raises ServerAway for a full disk."""
        try:
            for part in events:
                self._write(part, reject)
        except OSError as error:
            raise ServerAway(self.server, str(error)) from error

    def _write(self, events: Events, reject: Reject) -> None:
        folder, of = self._folder / events.topic, (events.topic, events.lane)
        if of not in self._covered:
            folder.mkdir(parents=True, exist_ok=True)
            ends = [last for _, lane, last in files_in(folder) if lane == events.lane]
            self._covered[of] = max(ends, default=-1)
        fresh = [record for record in events.records if record.offset > self._covered[of]]
        judged = [(record, fault_of(events.key, record)) for record in fresh]
        if rejected := [Rejected(record, fault) for record, fault in judged if fault]:
            # Before there is a file that covers them.
            reject(rejected)
        if fresh:
            # In JSON a line break stands between values alone.
            lines = [record.value.replace(b"\n", b" ") for record, fault in judged if not fault]
            name = f"{events.lane}-{fresh[0].offset:020}-{fresh[-1].offset:020}.jsonl"
            put(folder / name, b"".join(line + b"\n" for line in lines))
            self._covered[of] = fresh[-1].offset
            count_of(SINK_ROWS, len(lines), events.key, "lines")

    def on_revoked(self) -> None:
        """Look again what is covered: others may write the lanes now."""
        self._covered.clear()


def fault_of(key: SchemaKey, record: Record) -> EventFault | None:
    """Return why a record is no event, None for one that is."""
    try:
        uuid = orjson.loads(record.value)["uuid"]
    except (ValueError, LookupError, TypeError) as error:
        return EventFault("consumer", f"is no JSON object with a uuid: {error}", *key)
    return None if isinstance(uuid, str) else EventFault("consumer", "has no uuid", *key)


def files_in(folder: Path) -> Iterator[tuple[Path, int, int]]:
    """Yield each file of a topic's folder, its lane and its last offset; others are passed over."""
    for file in sorted(folder.glob("*.jsonl")):
        if named := FILE.fullmatch(file.name):
            yield file, int(named[1]), int(named[3])


def put(file: Path, data: bytes) -> None:
    """Write a file under a name that nobody reads, and rename it when it is on the disk."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    with temporary.open("wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
    temporary.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class JsonLinesStore(Store):
    """What the other rooms ask of the folder."""

    title = "JSON lines"
    once = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = Path(settings.lines.folder or state_folder(settings) / "lines")

    def sink(self) -> JsonLinesSink:
        """Return what a worker writes with."""
        return JsonLinesSink(self._folder)

    def rows(self, key: SchemaKey) -> Iterator[dict[str, Any]]:
        """Yield the events of a schema revision; raises ValueError for a file that is damaged."""
        folder = self._folder / TopicNames(self._settings).event(key)
        for file, _, _ in files_in(folder):
            *lines, rest = file.read_bytes().split(b"\n")
            try:
                yield from map(orjson.loads, lines)
            except orjson.JSONDecodeError as error:
                raise ValueError(f"{file}: {error}") from error
            if rest:
                raise ValueError(f"{file}: its last line is cut")

    def stored(self, keys: Collection[SchemaKey]) -> Mapping[SchemaKey, Stored]:
        """Return how many events there are of schema revisions."""
        return self.read().stored(keys)

    def read(self) -> EventReader:
        """Return what reads the files."""
        return EventReader(self.title, self.rows)

    def isolated(self, name: str) -> Settings:
        """Return the settings with a folder of a trial's own."""
        folder = f"{self._folder}_{name}"
        return replace(self._settings, lines=replace(self._settings.lines, folder=folder))

    def remove(self) -> None:
        """Delete the folder of a trial."""
        rmtree(self._folder, ignore_errors=True)

    def checks(self) -> Subject:
        """Return whether the folder takes files."""
        return Subject("lines folder", (), self._checks, "correct lines.folder")

    def _checks(self, settings: Settings) -> Iterator[Check]:
        self.sink().ping()
        put(self._folder / "_doctor", b"")
        (self._folder / "_doctor").unlink()
        yield Check("lines folder", "ok", f"{self._folder} takes files")
