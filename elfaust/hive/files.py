"""Files in the folders of hours that are no Parquet of elfaust's, and what lies beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from posixpath import dirname
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from elfaust.hive.found import Difference
from elfaust.hive.look import HourFolders, partition_name
from elfaust.settings import Settings
from elfaust.sinks.parquet.file_names import HIDDEN, FileNames, is_hidden
from elfaust.storage import Storage

#: What a Parquet file ends with, after the length of its footer in four bytes; both are 8 bytes.
MAGIC, END = b"PAR1", 8
#: Bytes that hold most footers.
TAIL = 65_536
#: Files that are looked at together.
TOGETHER = 500
BROKEN = "elfaust audit says what is in no other file; move it"
AWAY = "move it away"
T = TypeVar("T")


def strange_files(
    settings: Settings,
    storage: Storage,
    folders: Mapping[str, HourFolders],
    schemas: Mapping[str, pa.Schema],
) -> Iterator[Difference]:
    """Yield the files that Hive reads, or fails on, and elfaust has not written whole.

    Of each file the footer is read; `schemas` are the columns of the files of some folders. Yields
    folders in those of hours, too, and files beside them. Raises ServerAway.
    """
    names = FileNames(settings)

    def look(of: tuple[str, str]) -> list[Difference]:
        path, folder = of
        return list(_in_folder(names, storage, folder, schemas.get(path)))

    def look_beside(folder: str) -> list[Difference]:
        return list(_beside(storage, folder))

    hours = [
        (path, f"{path}/{partition_name(hour)}")
        for path, of in sorted(folders.items())
        for hour in sorted(of.hours)
    ]
    with ThreadPoolExecutor(settings.hdfs.writers) as threads:
        for above in _parts(sorted(_above(folders))):
            for told in threads.map(look_beside, above):
                yield from told
        for some in _parts(hours):
            for told in threads.map(look, some):
                yield from told


def _parts(of: list[T]) -> Iterable[list[T]]:
    return (of[start : start + TOGETHER] for start in range(0, len(of), TOGETHER))


def _above(folders: Mapping[str, HourFolders]) -> set[str]:
    """Return the folders of schema revisions, years, months and days."""
    above = set(folders)
    for path, of in folders.items():
        days = {dirname(f"{path}/{partition_name(hour)}") for hour in of.hours}
        months = set(map(dirname, days))
        above |= days | months | set(map(dirname, months))
    return above


def _beside(storage: Storage, folder: str) -> Iterator[Difference]:
    for name in sorted(storage.files(folder)):
        if not name.startswith(HIDDEN):
            what = "is in no folder of an hour: its rows are in no partition"
            yield Difference(f"{folder}/{name}", what, AWAY)


def _in_folder(
    names: FileNames, storage: Storage, folder: str, schema: pa.Schema | None
) -> Iterator[Difference]:
    for name in sorted(storage.folders(folder)):
        if not name.startswith(HIDDEN):
            what = "is a folder in that of an hour: queries of the hour fail"
            yield Difference(f"{folder}/{name}", what, AWAY)
    for name, size in sorted(storage.files(folder).items()):
        path = f"{folder}/{name}"
        if is_hidden(path):
            continue
        try:
            columns = _columns(storage, path, size)
        except FileNotFoundError:
            # Gone since its folder was listed.
            continue
        if columns is None:
            what = "is no Parquet file, or cut short or broken: queries of its hour fail"
            yield Difference(path, what, BROKEN)
        elif names.is_strange(path):
            what = "was not written by elfaust: queries have its rows"
            yield Difference(path, what, AWAY)
        elif schema is not None and (fault := _fault(columns, schema)):
            what = f"{fault}, as no file of elfaust's: queries have its rows, or fail"
            yield Difference(path, what, AWAY)


def _columns(storage: Storage, path: str, size: int) -> pa.Schema | None:
    """Return the columns of a file, None where it is no whole Parquet."""
    tail = storage.read_part(path, max(0, size - TAIL), min(size, TAIL)) if size else b""
    if not tail.endswith(MAGIC) or size < END + len(MAGIC):
        return None
    long = int.from_bytes(tail[-END : -len(MAGIC)], "little") + END
    if not END < long <= size - len(MAGIC):
        return None
    if long > len(tail):
        tail = storage.read_part(path, size - long, long)
    try:
        # What comes before the footer is not looked at.
        read: pa.Schema = pq.read_metadata(pa.BufferReader(tail)).schema.to_arrow_schema()
    except (pa.ArrowException, OSError, ValueError, OverflowError):
        return None
    return read


def _fault(columns: pa.Schema, wanted: pa.Schema) -> str:
    """Return what of a file's columns elfaust never wrote; those of events change with schemas."""
    for of in wanted:
        if of.name not in columns.names:
            if of.name == "uuid":
                return "has no column uuid"
        elif not pa.types.is_nested(of.type) and columns.field(of.name).type != of.type:
            return f"has column {of.name} as {columns.field(of.name).type}"
    return ""
