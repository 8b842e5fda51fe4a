"""What the footers of Parquet files say of their rows: how many, and the first and last times.

Files are never written twice, so each footer is read once. What is wrong with a file is said of
that file, and the others are as ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from elfaust.query.freshness import as_text
from elfaust.storage import Storage, StoredFile
from elfaust.times import in_utc

#: Bytes at a file's end that are read first, and files that are asked at a time.
TAIL, THREADS = 65_536, 8
MAGIC = b"PAR1"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Units of Arrow's times.
A_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


class Unread(NamedTuple):
    """A file whose footer does not tell what it should, and why."""

    path: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


class Footer(NamedTuple):
    """Rows of a file, or of several; times are texts of ISO 8601 in UTC, "" where nobody knows.

    `written` is when the last of the files was, ms; `trouble` is of one file, "" where none is.
    """

    rows: int = 0
    first: str = ""
    last: str = ""
    received: str = ""
    written: int = 0
    trouble: str = ""

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
            tail = self._tail(file)
        except FileNotFoundError:
            # Gone since its folder was listed.
            return Footer(written=file.modified)
        try:
            return _said(pq.read_metadata(pa.BufferReader(tail)), file.modified)
        except Exception as error:
            # A footer is bytes of anybody's: pyarrow has no one class for what it cannot read.
            why = f"its footer cannot be read: {' '.join(str(error).split()):.200}"
            return Footer(written=file.modified, trouble=why)

    def _tail(self, file: StoredFile) -> bytes:
        """Return the end of a file, long enough for its footer."""
        size = min(file.size, TAIL)
        tail = self._storage.read_part(file.path, file.size - size, size) if size else b""
        # The last eight bytes: the footer's length, and what says that this is Parquet.
        long = int.from_bytes(tail[-8:-4], "little") + 12 if tail.endswith(MAGIC) else 0
        if size < long <= file.size:
            return self._storage.read_part(file.path, file.size - long, long)
        return tail


def _said(metadata: Any, written: int) -> Footer:
    kinds = {of.name: of.type for of in metadata.schema.to_arrow_schema()}
    ends: dict[str, tuple[list[Any], list[Any]]] = {"dt": ([], []), "received": ([], [])}
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for at in range(group.num_columns):
            column = group.column(at)
            found = column.statistics if column.path_in_schema in ends else None
            if found is not None and found.has_min_max:
                # Raw, as Python's own times end with the year 9999.
                for values, raw in zip(
                    ends[column.path_in_schema], (found.min_raw, found.max_raw), strict=True
                ):
                    values.append(raw)
    strange: list[str] = []
    first, last = (_moments("dt", kinds.get("dt"), values, strange) for values in ends["dt"])
    received = _moments("received", kinds.get("received"), ends["received"][1], strange)
    return Footer(
        metadata.num_rows,
        min(first, default=""),
        max(last, default=""),
        max(received, default=""),
        written,
        "; ".join(dict.fromkeys(strange)),
    )


def _moments(name: str, kind: Any, values: list[Any], strange: list[str]) -> list[str]:
    """Return times of a column to the second, none where one of them is none: that is told."""
    found = []
    for value in values:
        try:
            found.append(_moment(value, kind))
        except (ValueError, OverflowError):
            strange.append(f"{name} has {value!r:.80}, which is no time")
            return []
    return found


def _moment(value: Any, kind: pa.DataType) -> str:
    """Return a time to the second, as `2013-01-21T18:10:34Z`.

    Raises ValueError or OverflowError for what is no time between the years 1 and 9999.
    """
    if pa.types.is_timestamp(kind):
        return as_text((EPOCH + timedelta(seconds=value // A_SECOND[kind.unit])).timestamp())
    return in_utc(value.decode() if isinstance(value, bytes) else str(value))
