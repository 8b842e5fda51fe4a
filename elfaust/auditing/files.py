"""The Parquet files of a store: whose they are by their names, and their rows."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from itertools import islice
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from elfaust.storage import Storage

Row = dict[str, Any]
#: A file's name, see elfaust/sinks/hdfs.py: topic, lane, first and last offset.
NAME = re.compile(r"(.+)\.([0-9]{1,9})\.[0-9]{20}-[0-9]{20}.*\.parquet")
#: Files that are read ahead of the one whose rows are compared.
AHEAD = 64


class ReadFile(NamedTuple):
    """A file's rows; None for what is no file of ours."""

    path: str
    rows: list[Row] | None


class Listing(NamedTuple):
    """Paths of files.

    `of_lanes` are those of a topic's lane, `strays` those of a schema revision's folder whose names
    say nothing of the kind.
    """

    of_lanes: Mapping[tuple[str, int], list[str]]
    strays: Mapping[str, list[str]]

    @property
    def lanes(self) -> dict[str, set[int]]:
        """The lanes of each topic that have files."""
        found: defaultdict[str, set[int]] = defaultdict(set)
        for topic, lane in self.of_lanes:
            found[topic].add(lane)
        return found


def walked(storage: Storage, root: str, threads: Executor) -> dict[str, list[str]]:
    """Return the paths below `root` by its folders, those of commits and temporary files left out.

    Raises ServerAway when the storage does not answer.
    """
    root = root.rstrip("/")
    folders = [name for name in storage.list(root) if not name.startswith("_")]
    paths = threads.map(lambda name: sorted(storage.walk(f"{root}/{name}")), folders)
    return dict(zip(folders, paths, strict=True))


def listed(folders: Mapping[str, Sequence[str]], topics: set[str]) -> Listing:
    """Return paths by folder as a listing, by the lanes of `topics`."""
    of_lanes: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    strays: defaultdict[str, list[str]] = defaultdict(list)
    for folder, paths in folders.items():
        for path in paths:
            name = NAME.fullmatch(path.rpartition("/")[2])
            if name and name[1] in topics:
                of_lanes[name[1], int(name[2])].append(path)
            else:
                strays[folder].append(path)
    return Listing(of_lanes, strays)


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
            # Raises for a column that is missing.
            if not pa.types.is_string(file.schema_arrow.field("uuid").type):
                return ReadFile(path, None)
            return ReadFile(path, file.read(use_threads=False).to_pylist())
    except (pa.ArrowException, OSError, ValueError, LookupError, TypeError, OverflowError):
        return ReadFile(path, None)
