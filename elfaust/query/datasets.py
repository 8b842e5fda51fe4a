"""The Parquet files of a table as one dataset of Arrow, with the columns that the table has.

The schema is given, and not guessed from a file: what a file lacks is NULL, at any depth, and what
it has besides is left out, whichever file comes first. Of an hour's folder the numbers are the
partition's, so that files of other hours are not read. A file is read whole, by `Storage.read`:
whoever has the dataset has no filesystem, and can write nothing.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs

from elfaust.errors import ServerAway
from elfaust.hive.look import NUMBER
from elfaust.hive.merge import PARTITION_COLUMNS
from elfaust.query.refused import Failed
from elfaust.sinks.parquet.file_names import HIDDEN
from elfaust.storage import Storage, StoredFile

#: A file in the folder of an hour, which is one that Hive has as a partition: numbers without zeros
#: before them; and a name.
IN_HOUR = re.compile(
    "/" + "/".join(f"{of.name}=({NUMBER.pattern})" for of in PARTITION_COLUMNS) + "/([^/]+)"
)
#: Files that are read ahead of the one whose rows are asked for.
AHEAD = 4
FORMAT = ds.ParquetFileFormat()


class Trouble:
    """Why files could not be read: a library between turns the error into one of its own."""

    def __init__(self) -> None:
        self.error: ServerAway | Failed | None = None


class HourFiles(ds.FileSystemDataset):  # type: ignore[misc]
    """A dataset whose files are read here, and not by Arrow's threads.

    (Those wait for ever where what reads for them, in Python, raises an error.)
    """

    storage: Storage
    trouble: Trouble

    def scanner(
        self,
        columns: Sequence[str] | None = None,
        filter: Any = None,  # noqa: A002
        **_: Any,
    ) -> _Scanner:
        """Return what reads the columns of the rows that pass a filter."""
        return _Scanner(self, list(columns) if columns is not None else self.schema.names, filter)


class _Scanner:
    def __init__(self, files: HourFiles, columns: list[str], rows: Any) -> None:
        self._files, self._columns, self._rows = files, columns, rows
        self.projected_schema = pa.schema([files.schema.field(name) for name in columns])

    def to_reader(self) -> pa.RecordBatchReader:
        """Return a stream of the rows; reading it raises what `Trouble` then has."""
        return pa.RecordBatchReader.from_batches(self.projected_schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            for path, hour, data in self._read():
                yield from self._of_file(path, hour, data)
        except (ServerAway, Failed) as error:
            self._files.trouble.error = error
            raise

    def _of_file(self, path: str, hour: Any, data: bytes) -> Iterator[pa.RecordBatch]:
        try:
            fragment = FORMAT.make_fragment(pa.BufferReader(data), partition_expression=hour)
            scanner = fragment.scanner(
                self._files.schema, columns=self._columns, filter=self._rows, use_threads=False
            )
            yield from scanner.to_batches()
        except (pa.ArrowException, OSError) as error:
            raise Failed(f"{path} cannot be read: {error}") from error

    def _read(self) -> Iterator[tuple[str, Any, bytes]]:
        """Yield the files of hours that the filter may want; a few are read ahead."""
        found = list(self._files.get_fragments(filter=self._rows))
        ahead: deque[tuple[Any, Future[bytes]]] = deque()
        with ThreadPoolExecutor(AHEAD) as threads:
            for fragment in found:
                ahead.append((fragment, threads.submit(self._files.storage.read, fragment.path)))
                if len(ahead) > AHEAD:
                    yield from self._one(*ahead.popleft())
            while ahead:
                yield from self._one(*ahead.popleft())

    def _one(self, fragment: Any, data: Future[bytes]) -> Iterator[tuple[str, Any, bytes]]:
        try:
            yield fragment.path, fragment.partition_expression, data.result()
        except FileNotFoundError as error:
            raise Failed(f"{fragment.path} has gone meanwhile: ask again") from error


def dataset_of(storage: Storage, location: str, columns: pa.Schema, trouble: Trouble) -> HourFiles:
    """Return what is in the folders of hours below a location; raises ServerAway."""
    # It is never asked for a file.
    nowhere = pyarrow.fs.SubTreeFileSystem("/dev/null", pyarrow.fs.LocalFileSystem())
    fragments = [
        FORMAT.make_fragment(file.path, filesystem=nowhere, partition_expression=_equals(hour))
        for file, hour in files_of_hours(storage, location)
    ]
    schema = pa.schema([*columns, *PARTITION_COLUMNS])
    files = HourFiles(fragments, schema, FORMAT, nowhere)
    files.storage, files.trouble = storage, trouble
    return files


def files_of_hours(storage: Storage, location: str) -> Iterator[tuple[StoredFile, tuple[int, ...]]]:
    """Yield the files of a table, each with year, month, day and hour of its folder."""
    for file in storage.walk_files(location):
        match = IN_HOUR.fullmatch(file.path.removeprefix(location))
        if match and not match[5].startswith(HIDDEN):
            yield file, tuple(int(number) for number in match.groups()[:4])


def _equals(hour: tuple[int, ...]) -> Any:
    found = None
    for of, number in zip(PARTITION_COLUMNS, hour, strict=True):
        equal = ds.field(of.name) == pa.scalar(number, of.type)
        found = equal if found is None else found & equal
    return found
