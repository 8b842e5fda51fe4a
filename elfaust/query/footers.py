"""What the footers of Parquet files say of their rows: how many, and the first and last times.

Files are never written twice, so each footer is read once.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from elfaust.storage import Storage, StoredFile
from elfaust.times import in_utc

#: Bytes at a file's end that are read first, and files that are asked at a time.
TAIL, THREADS = 65_536, 8
MAGIC = b"PAR1"


class Footer(NamedTuple):
    """Rows of a file, or of several; times are texts of ISO 8601 in UTC, "" where nobody knows.

    `written` is when the last of the files was, ms.
    """

    rows: int = 0
    first: str = ""
    last: str = ""
    received: str = ""
    written: int = 0

    def with_other(self, other: Footer) -> Footer:
        """Return what both have together."""
        firsts = [text for text in (self.first, other.first) if text]
        return Footer(
            self.rows + other.rows,
            min(firsts, default=""),
            max(self.last, other.last),
            max(self.received, other.received),
            max(self.written, other.written),
        )


class Footers:
    """Reads footers, and keeps them."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._known: dict[StoredFile, Footer] = {}

    def of(self, files: Iterable[StoredFile]) -> dict[StoredFile, Footer]:
        """Return the footers of files; what is no Parquet has no rows. Raises ServerAway."""
        wanted = list(files)
        new = [file for file in wanted if file not in self._known]
        with ThreadPoolExecutor(THREADS) as threads:
            self._known.update(zip(new, threads.map(self._read, new), strict=True))
        return {file: self._known[file] for file in wanted}

    def keep_only(self, files: Iterable[StoredFile]) -> None:
        """Forget those of all other files."""
        wanted = set(files)
        self._known = {file: of for file, of in self._known.items() if file in wanted}

    def _read(self, file: StoredFile) -> Footer:
        try:
            return _said(pq.read_metadata(pa.BufferReader(self._tail(file))), file.modified)
        except (pa.ArrowException, FileNotFoundError, ValueError):
            return Footer(written=file.modified)

    def _tail(self, file: StoredFile) -> bytes:
        """Return the end of a file, long enough for its footer."""
        size = min(file.size, TAIL)
        tail = self._storage.read_part(file.path, file.size - size, size)
        # The last eight bytes: the footer's length, and what says that this is Parquet.
        long = int.from_bytes(tail[-8:-4], "little") + 12 if tail.endswith(MAGIC) else 0
        if size < long <= file.size:
            return self._storage.read_part(file.path, file.size - long, long)
        return tail


def _said(metadata: Any, written: int) -> Footer:
    times: dict[str, list[Any]] = {"dt": [], "received": []}
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for at in range(group.num_columns):
            column = group.column(at)
            found = column.statistics if column.path_in_schema in times else None
            if found is not None and found.has_min_max:
                times[column.path_in_schema] += [found.min, found.max]
    dts = [_moment(text) for text in times["dt"]]
    received = [_moment(when) for when in times["received"]]
    return Footer(
        metadata.num_rows,
        min(dts, default=""),
        max(dts, default=""),
        max(received, default=""),
        written,
    )


def _moment(value: Any) -> str:
    """Return a time to the second, as `2013-01-21T18:10:34Z`."""
    if isinstance(value, datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return in_utc(str(value))
