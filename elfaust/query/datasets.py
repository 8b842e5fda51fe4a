"""The Parquet files of a table as one dataset of Arrow, with the columns that the table has.

The schema is given, and not guessed from a file: what a file lacks is NULL, at any depth, and what
it has besides is left out, whichever file comes first. Of an hour's folder the numbers are the
partition's, so that files of other hours are not opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs

from elfaust.hive.merge import PARTITION_COLUMNS
from elfaust.query.files import ReadOnlyFiles
from elfaust.sinks.parquet.file_names import HIDDEN
from elfaust.storage import Storage, StoredFile

#: A file in the folder of an hour: numbers, and a name that readers do not pass over.
IN_HOUR = re.compile(
    "/" + "/".join(f"{of.name}=([0-9]{{1,9}})" for of in PARTITION_COLUMNS) + "/([^/]+)"
)


class Datasets:
    """Makes datasets of tables' files, all by one filesystem that only reads."""

    def __init__(self, storage: Storage) -> None:
        self.files = ReadOnlyFiles(storage)
        self._storage = storage
        self._system = pyarrow.fs.PyFileSystem(pyarrow.fs.FSSpecHandler(self.files))

    def of(self, location: str, columns: pa.Schema) -> ds.Dataset:
        """Return what is in the folders of hours below a location; raises ServerAway."""
        form = ds.ParquetFileFormat()
        fragments = []
        for file, hour in files_of_hours(self._storage, location):
            self.files.admit(file)
            fragment = form.make_fragment(
                file.path, filesystem=self._system, partition_expression=_equals(hour)
            )
            fragments.append(fragment)
        schema = pa.schema([*columns, *PARTITION_COLUMNS])
        return ds.FileSystemDataset(fragments, schema, form, self._system)


def files_of_hours(storage: Storage, location: str) -> Iterator[tuple[StoredFile, tuple[int, ...]]]:
    """Yield the files of a table, each with year, month, day and hour of its folder."""
    for file in storage.walk_files(location):
        match = IN_HOUR.fullmatch(file.path.removeprefix(location))
        if match and not match[5].startswith(HIDDEN):
            yield file, tuple(int(number) for number in match.groups()[:4])


def _equals(hour: tuple[int, ...]) -> ds.Expression:
    found = None
    for of, number in zip(PARTITION_COLUMNS, hour, strict=True):
        equal = ds.field(of.name) == pa.scalar(number, of.type)
        found = equal if found is None else found & equal
    return found
