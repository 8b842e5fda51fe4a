"""The Parquet files below `hdfs.root` as an audit reads them, and as an account counts them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Settings
from elfaust.sinks.audit_finding import Finding, some
from elfaust.sinks.parquet.commit_files import torn, unfinished
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.sinks.parquet.reader import ParquetFile
from elfaust.sinks.parquet.reading.errors import error_findings
from elfaust.sinks.parquet.reading.files import Folder, Listing, listed, read_files, walked
from elfaust.sinks.parquet.reading.revision import ParquetRevision
from elfaust.sinks.reading import RevisionReader, Stored, stored_of
from elfaust.storage import Storage

#: Files that are read at a time.
THREADS = 8


class ParquetReader:
    """Reads the files that there were when it was made."""

    def __init__(self, settings: Settings, storage: Storage) -> None:
        """List the files; raises ServerAway when the storage does not answer."""
        self._settings = settings
        self._names = FileNames(settings)
        self._storage = storage
        self._threads = ThreadPoolExecutor(THREADS)
        try:
            self._paths = walked(storage, self._names, self._names.root, self._threads)
        except BaseException:
            self.close()
            raise
        self._listing = Listing({}, {})
        #: The files of the schema revisions that were read.
        self._read: list[Mapping[str, ParquetFile]] = []

    def begin(self, topics: Collection[str]) -> None:
        """Sort the files by the lanes of these topics."""
        self._listing = listed(self._paths, set(topics), self._names)

    def revision(self, schema: Schema) -> RevisionReader:
        """Return the files of a schema revision."""
        folder = Folder(self._storage, self._listing, self._threads)
        revision = ParquetRevision(self._settings, schema, folder)
        self._read.append(revision.read)
        return revision

    def errors(
        self, topic: str, lane: int, records: Sequence[Record], acknowledged: int
    ) -> Iterator[Finding]:
        """Yield what is wrong with the rows of a lane of EventErrors; raises ServerAway."""
        paths = self._listing.of_lanes.get((topic, lane), [])
        files = list(read_files(self._storage, paths, self._threads))
        yield from error_findings(topic, lane, records, acknowledged, files)

    def stored(self, keys: Collection[SchemaKey]) -> Mapping[SchemaKey, Stored]:
        """Return the rows of the files that were read."""
        files = (file for read in self._read for file in read.values())
        return stored_in(files, self._names, keys)

    def findings(self) -> Iterator[Finding]:
        """Yield the files of nobody, those of no finished commit, and commits that are torn."""
        if homeless := self._listing.homeless:
            detail = f"in no schema's folder: {some(homeless)}"
            yield Finding("unreadable", "HDFS", len(homeless), detail)
        root = self._settings.hdfs.root
        if files := unfinished(self._storage, root):
            yield Finding("left over", "HDFS", len(files), some(files))
        for commit in torn(self._storage, root):
            yield Finding("unreadable", "HDFS", 1, str(commit))

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()


def stored_in(
    files: Iterable[ParquetFile], names: FileNames, keys: Collection[SchemaKey]
) -> Mapping[SchemaKey, Stored]:
    """Return what files hold of schema revisions; those of others are left out."""
    key_of = names.schema_of_path(keys)
    uuids: defaultdict[SchemaKey, list[str]] = defaultdict(list)
    for file in files:
        if key := key_of(file.path):
            uuids[key] += file.uuids
    return {key: stored_of(uuids[key]) for key in keys}
