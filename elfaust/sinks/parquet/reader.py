"""Reads back what the HDFS sink has written, for accounts."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from elfaust.sinks.parquet.file_names import event_files
from elfaust.storage import Storage

log = logging.getLogger(__name__)


class ParquetFile(NamedTuple):
    """One file in its final place; the uuid of a row without one is empty."""

    path: str
    uuids: list[str]


def parquet_files(
    storage: Storage, root: str, wanted: Callable[[str], bool] = lambda path: True
) -> Iterator[ParquetFile]:
    """Yield the files below `root` that are wanted, those in elfaust's own folders left out.

    What is no file of ours has no uuids, and is reported in the log.
    """
    for path in filter(wanted, event_files(storage, root)):
        try:
            column = parquet_table(storage, path, ["uuid"])["uuid"]
            uuids = [uuid or "" for uuid in column.to_pylist()]
        except (pa.ArrowException, KeyError) as error:
            log.error("%s cannot be read: %s", path, error)
            uuids = []
        yield ParquetFile(path, uuids)


def parquet_table(storage: Storage, path: str, columns: list[str] | None = None) -> Any:
    """Return a file as a table; raises ArrowException for what is none."""
    return pq.read_table(io.BytesIO(storage.read(path)), columns=columns)
