"""Reads back what the HDFS sink has written, for accounts."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple

import pyarrow.parquet as pq

from elfaust.storage import Storage


class ParquetFile(NamedTuple):
    """One file in its final place."""

    path: str
    uuids: list[str]


def parquet_files(storage: Storage, root: str) -> Iterator[ParquetFile]:
    """Yield the files below `root`, those of commits and temporary ones left out."""
    root = root.rstrip("/")
    for name in storage.list(root):
        if name.startswith("_"):
            continue
        for path in storage.walk(f"{root}/{name}"):
            table = pq.read_table(io.BytesIO(storage.read(path)), columns=["uuid"])
            yield ParquetFile(path, table["uuid"].to_pylist())
