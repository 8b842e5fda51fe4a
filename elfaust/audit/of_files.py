"""The Parquet files of one schema revision: their rows, their columns, and where they lie."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from elfaust.audit.file_columns import Columns, unlike
from elfaust.audit.files import ReadFile, Row, read_files
from elfaust.audit.finding import EXAMPLES, Finding, some
from elfaust.audit.hours import HOUR_MS, Hours
from elfaust.audit.side import Event
from elfaust.audit.stores import Stores
from elfaust.audit.values import STRANGE, moment_of
from elfaust.records import SchemaKey
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.sinks.parquet.reader import ParquetFile

Events = Mapping[str, Sequence[Event]]


class Files:
    """Reads the files of a schema revision, lane by lane."""

    def __init__(self, stores: Stores, key: SchemaKey, where: str, columns: Columns | None) -> None:
        """Take the place that findings name, and the columns that files must have, if any can."""
        self._stores = stores
        self._key = key
        self._where = where
        self._columns = columns
        self._names = FileNames(stores.settings)
        self._hours = Hours(stores.settings.hdfs)
        self._bad: set[str] = set()
        self._misplaced: set[str] = set()
        self._unlike: dict[str, str] = {}
        #: Those of the last file that were right.
        self._right = pa.schema([])
        #: Events that no lane has.
        self.unknown: set[str] = set()
        #: For an account: the files that were read.
        self.read: dict[str, ParquetFile] = {}

    def rows(self, topic: str, lane: int, events: Events) -> Mapping[str, Sequence[Row]]:
        """Return the rows of a lane's events in its files, and in those that name no lane.

        Raises ServerAway.
        """
        found = defaultdict[str, list[Row]](list)
        strays = self._stores.listing.strays.get(self._key, [])
        paths = self._stores.listing.of_lanes.get((topic, lane), [])
        stray = set(strays)
        for file in read_files(self._stores.storage, [*paths, *strays], self._stores.threads):
            path, rows, _ = file
            if rows is None:
                self._bad.add(path)
                continue
            self._take(file, rows, events, found)
            if path not in stray or path not in self.read:
                self.read[path] = ParquetFile(path, [row["uuid"] or "" for row in rows])
        return found

    def _take(
        self, file: ReadFile, rows: Sequence[Row], events: Events, found: dict[str, list[Row]]
    ) -> None:
        path, _, columns = file
        if columns is not None and not columns.equals(self._right):
            self._look_at(path, columns)
        folder, placed = path.rpartition("/")[0], set[tuple[str, int]]()
        for row in rows:
            uuid = row["uuid"] or ""
            if of := events.get(uuid):
                found[uuid].append(row)
                hour = f"{row.get('dt')}"[:13]
                if (mark := (hour, of[0].arrived // HOUR_MS)) in placed:
                    continue
                if self._is_folder(folder, hour, of[0]):
                    # So are all that name that hour and came in the same one.
                    placed.add(mark)
                elif not self._is_placed(folder, hour, of):
                    self._misplaced.add(path)
            elif uuid:
                self.unknown.add(uuid)

    def _look_at(self, path: str, columns: pa.Schema) -> None:
        whats = list(unlike(columns, self._columns)) if self._columns is not None else []
        if whats:
            self._unlike[path] = f"{path}: {', '.join(whats[:EXAMPLES])}"
        else:
            self._right = columns

    def _is_placed(self, folder: str, hour: str, events: Sequence[Event]) -> bool:
        """Tell whether a row is in the folder of the hour that it names, or that its event does."""
        return any(
            self._is_folder(folder, of, event) for event in events for of in (hour, _hour(event))
        )

    def _is_folder(self, folder: str, hour: str, event: Event) -> bool:
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
        if self._unlike:
            number, detail = len(self._unlike), some(self._unlike.values())
            yield Finding("other columns", self._where, number, detail)


def _hour(event: Event) -> str:
    try:
        return moment_of(event.capsule).isoformat()[:13]
    except STRANGE:
        return ""
