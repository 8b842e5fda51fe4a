"""The Parquet files of a store: whose they are by their names, and their rows."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from itertools import islice
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from elfaust.records import SchemaKey
from elfaust.sinks.parquet.file_names import FileNames, folders_of_events, topic_and_lane
from elfaust.sinks.reading import StoredRow
from elfaust.storage import Storage

#: Files that are read ahead of the one whose rows are compared.
AHEAD = 64


class ReadFile(NamedTuple):
    """A file's rows, None for what is no file of ours, and its columns."""

    path: str
    rows: list[StoredRow] | None
    columns: pa.Schema | None = None


class Listing(NamedTuple):
    """Paths of files.

    `of_lanes` are those of a topic's lane, `strays` those in a schema revision's folder whose names
    say nothing of the kind, `homeless` those that are in none.
    """

    of_lanes: Mapping[tuple[str, int], list[str]]
    strays: Mapping[SchemaKey, list[str]]
    homeless: Sequence[str] = ()

    @property
    def lanes(self) -> dict[str, set[int]]:
        """The lanes of each topic that have files."""
        found: defaultdict[str, set[int]] = defaultdict(set)
        for topic, lane in self.of_lanes:
            found[topic].add(lane)
        return found


class Folder(NamedTuple):
    """What the files of all schema revisions have in common."""

    storage: Storage
    listing: Listing
    threads: Executor


def walked(storage: Storage, names: FileNames, root: str, threads: Executor) -> list[str]:
    """Return the paths below `root`, those in elfaust's own folders left out.

    The folders of schema revisions are looked through side by side. Raises ServerAway when the
    storage does not answer.
    """
    found = folders_of_events(storage, root)
    for _ in range(names.depth - 1):
        found = [
            path for paths in threads.map(lambda of: _within(storage, of), found) for path in paths
        ]
    return [
        path for paths in threads.map(lambda of: sorted(storage.walk(of)), found) for path in paths
    ]


def _within(storage: Storage, folder: str) -> list[str]:
    """Return the paths in a folder; what is none, or empty, stays."""
    return [f"{folder}/{name}" for name in storage.list(folder)] or [folder]


def listed(paths: Iterable[str], topics: set[str], names: FileNames) -> Listing:
    """Return paths as a listing, by the lanes of `topics`."""
    of_lanes: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    strays: defaultdict[SchemaKey, list[str]] = defaultdict(list)
    homeless = []
    key_of = names.schema_of_path([key for topic in topics if (key := names.of_topic(topic))])
    for path in paths:
        name = topic_and_lane(path)
        if name and name[0] in topics:
            of_lanes[name].append(path)
        elif key := key_of(path):
            strays[key].append(path)
        elif names.is_strange(path):
            homeless.append(path)
    return Listing(of_lanes, strays, homeless)


def read_files(storage: Storage, paths: Sequence[str], threads: Executor) -> Iterator[ReadFile]:
    """Yield the rows of files, a few of which are read at a time, in their order."""
    waiting, ahead = iter(paths), list[Future[ReadFile]]()
    try:
        while True:
            ahead += [
                threads.submit(_read, storage, path) for path in islice(waiting, AHEAD - len(ahead))
            ]
            if not ahead:
                return
            yield ahead.pop(0).result()
    finally:
        for future in ahead:
            future.cancel()


def _read(storage: Storage, path: str) -> ReadFile:
    try:
        with pq.ParquetFile(io.BytesIO(storage.read(path))) as file:
            table = file.read(use_threads=False)
        columns, names = table.schema, table.schema.names
        # Raises for a column that is missing.
        if len(set(names)) < len(names) or not pa.types.is_string(columns.field("uuid").type):
            return ReadFile(path, None)
        return ReadFile(path, table.to_pylist(), columns)
    except (pa.ArrowException, OSError, ValueError, LookupError, TypeError, OverflowError):
        return ReadFile(path, None)
