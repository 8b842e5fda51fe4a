"""The Parquet files of one schema revision: their rows, their columns, and where they lie."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from elfaust.errors import SchemaUnfit
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import shape_of
from elfaust.schema.validation.references import expanded
from elfaust.settings import Settings
from elfaust.sinks.audit_finding import EXAMPLES, Finding, more, some
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.sinks.parquet.reader import ParquetFile
from elfaust.sinks.parquet.reading.columns import RECEIVED, Columns, columns_of, unlike
from elfaust.sinks.parquet.reading.files import Folder, ReadFile, read_files
from elfaust.sinks.parquet.reading.hours import HOUR_MS, Hours
from elfaust.sinks.parquet.reading.row import FileRowComparison, is_kept_in_part
from elfaust.sinks.parquet.types import event_shape
from elfaust.sinks.reading import SentEvent, StoredRow
from elfaust.sinks.values import STRANGE, moment_of

EPOCH, MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)

Events = Mapping[str, Sequence[SentEvent]]


class ParquetRevision:
    """Reads the files of a schema revision, lane by lane."""

    def __init__(self, settings: Settings, schema: Schema, folder: Folder) -> None:
        self._folder = folder
        self._key = key = schema.key
        self._where = f"Parquet {key.schema}_{key.revision}"
        self._names = FileNames(settings)
        self._hours = Hours(settings.hdfs)
        #: The columns that files must have, and what compares rows, where the schema can have any.
        self._columns: Columns | None = None
        self._comparison: FileRowComparison | None = None
        with suppress(SchemaUnfit):
            kind = event_shape(key, schema.event).type
            self._columns = columns_of(kind, shape_of(schema.event).passes_unnamed)
            self._comparison = FileRowComparison(kind, expanded(schema.event))
        self._topic = ""
        #: Lanes whose files were read.
        self._lanes = set[int]()
        self._bad: set[str] = set()
        self._misplaced: set[str] = set()
        #: Rows that name another time of their line in Kafka.
        self._otherwise: dict[str, str] = {}
        self._unlike: dict[str, str] = {}
        #: Those of the last file that were right.
        self._right = pa.schema([])
        #: Rows of events that the lane of their file does not have.
        self._unmatched: set[str] = set()
        #: How many events are kept in part, and some of them.
        self._in_part, self._examples = 0, list[str]()
        #: For an account: the files that were read.
        self.read: dict[str, ParquetFile] = {}

    def rows(self, topic: str, lane: int, events: Events) -> Mapping[str, Sequence[StoredRow]]:
        """Return the rows of a lane's events in its files, and in those that name no lane.

        Raises ServerAway.
        """
        self._topic = topic
        self._lanes.add(lane)
        storage, listing, threads = self._folder
        found = defaultdict[str, list[StoredRow]](list)
        strays = listing.strays.get(self._key, [])
        paths = listing.of_lanes.get((topic, lane), [])
        stray = set(strays)
        for file in read_files(storage, [*paths, *strays], threads):
            path, rows, _ = file
            if rows is None:
                self._bad.add(path)
                continue
            self._take(file, rows, events, found)
            if path not in stray or path not in self.read:
                self.read[path] = ParquetFile(path, [row["uuid"] or "" for row in rows])
        for uuid in found:
            if is_kept_in_part(events[uuid][0].capsule.get("userAgent")):
                self._in_part += 1
                self._examples = [*self._examples, uuid][:EXAMPLES]
        # Of a schema that can have no file no row is an event's.
        return found if self._comparison else {}

    def differences(self, capsule: dict[str, Any], row: StoredRow) -> Iterable[str]:
        """Return what a row says otherwise than its event."""
        return self._comparison.differences(capsule, row) if self._comparison else ()

    def unknown(self, matched: int, is_known: Callable[[str], bool]) -> Collection[str]:
        """Return the uuids that no event has; files of lanes that the topic lacks are read too."""
        for lane in sorted(self._folder.listing.lanes.get(self._topic, set()) - self._lanes):
            self.rows(self._topic, lane, {})
        return {uuid for uuid in self._unmatched if not is_known(uuid)}

    def _take(
        self,
        file: ReadFile,
        rows: Sequence[StoredRow],
        events: Events,
        found: dict[str, list[StoredRow]],
    ) -> None:
        path, _, columns = file
        if columns is not None and not columns.equals(self._right):
            self._look_at(path, columns)
        folder, placed = path.rpartition("/")[0], set[tuple[str, int]]()
        for row in rows:
            uuid = row["uuid"] or ""
            if of := events.get(uuid):
                found[uuid].append(row)
                if said := received_otherwise(row, of):
                    self._otherwise[uuid] = f"{uuid}: {said}"
                hour = f"{row.get('dt')}"[:13]
                if (mark := (hour, of[0].arrived // HOUR_MS)) in placed:
                    continue
                if self._is_folder(folder, hour, of[0]):
                    # So are all that name that hour and came in the same one.
                    placed.add(mark)
                elif not self._is_placed(folder, hour, of):
                    self._misplaced.add(path)
            elif uuid:
                self._unmatched.add(uuid)

    def _look_at(self, path: str, columns: pa.Schema) -> None:
        whats = list(unlike(columns, self._columns)) if self._columns is not None else []
        if whats:
            self._unlike[path] = f"{path}: {', '.join(whats[:EXAMPLES])}"
        else:
            self._right = columns

    def _is_placed(self, folder: str, hour: str, events: Sequence[SentEvent]) -> bool:
        """Tell whether a row is in the folder of the hour that it names, or that its event does."""
        return any(
            self._is_folder(folder, of, event) for event in events for of in (hour, _hour(event))
        )

    def _is_folder(self, folder: str, hour: str, event: SentEvent) -> bool:
        try:
            return folder == self._names.in_hour(self._key, self._hours.of(hour, event.arrived))
        except STRANGE:
            # What is no time is in no hour.
            return False

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong with the files themselves, once all lanes were read."""
        for kind, of in (("unreadable", self._bad), ("misplaced", self._misplaced)):
            if of:
                yield Finding(kind, self._where, len(of), some(of))
        for kind, said in (("other columns", self._unlike), ("differs", self._otherwise)):
            if said:
                yield Finding(kind, self._where, len(said), some(said.values()))

    def notes(self) -> Iterator[Finding]:
        """Yield which events have a user agent that its column has no place for."""
        if self._in_part:
            detail = f"userAgent has more than its parts: {', '.join(self._examples)}"
            detail += more(self._in_part)
            yield Finding("in part", self._where, self._in_part, detail)


def received_otherwise(row: StoredRow, events: Sequence[SentEvent]) -> str:
    """Say what a row has in `received` that is the time of none of its events; "" where it is.

    An older file has no such column.
    """
    if RECEIVED not in row:
        return ""
    stored, times = row[RECEIVED], [event.arrived for event in events]
    if milliseconds(stored) in [max(-1, time) for time in times]:
        return ""
    return f"received: topic {times[0]} ms, Parquet {stored!s:.80}"


def milliseconds(stored: object) -> int | None:
    """Return what `received` has of a row as Kafka has it, ms; None for what is no time."""
    if stored is None:
        return -1
    if not isinstance(stored, datetime):
        return None
    return (stored.replace(tzinfo=UTC) - EPOCH) // MILLISECOND


def _hour(event: SentEvent) -> str:
    try:
        return moment_of(event.capsule).isoformat()[:13]
    except STRANGE:
        return ""
