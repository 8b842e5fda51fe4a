"""The table of freshness as Hive and DuckDB have it: one file in a folder of its own.

Each time it is written to a new folder, and the table then reads that: nobody sees half of it, and
a question that goes on has its file for ten minutes more.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq

from elfaust.hive.metastore import metastore
from elfaust.hive.names import FRESHNESS, FRESHNESS_FOLDER
from elfaust.hive.tables import external_table
from elfaust.names import FolderNames
from elfaust.query.freshness import Freshness
from elfaust.query.refused import Failed
from elfaust.settings import Settings
from elfaust.sinks.parquet.table import to_bytes
from elfaust.storage import Storage

KEPT_MS = 600_000
TIME = pa.timestamp("ms")
#: Columns; `schema` is a word of MySQL.
SCHEMA = pa.schema(
    [
        pa.field("store", pa.string()),
        pa.field("table_name", pa.string()),
        pa.field("schema_name", pa.string()),
        pa.field("revision", pa.int64()),
        pa.field("row_count", pa.int64()),
        pa.field("first_event", TIME),
        pa.field("last_event", TIME),
        pa.field("last_received", TIME),
        pa.field("last_written", TIME),
        pa.field("rows_2h", pa.int64()),
        pa.field("rows_24h", pa.int64()),
        pa.field("as_of", TIME),
    ]
)
COMMENTS = {
    "store": "hive or mysql",
    "row_count": "Rows; in MySQL an estimate above a million; NULL where nobody knows",
    "first_event": "The earliest time that an event names: UTC",
    "last_event": "The latest time that an event names: UTC",
    "last_received": "When Kafka got the raw line that came last: UTC",
    "last_written": "When the last file or row was written: UTC",
    "rows_2h": "Rows of events of the current hour and of the one before",
    "rows_24h": "Rows of events of the current hour and of 23 before it",
    "as_of": "When this was found out: UTC",
}
Row = tuple[str | int | datetime | None, ...]


def rows_of(tables: Iterable[Freshness], now: float) -> list[Row]:
    """Return freshness as rows with the columns of SCHEMA."""
    # Naive times are UTC.
    as_of = datetime.fromisoformat(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)))
    return [
        (
            *(of.store, of.table, of.schema, of.revision, _known(of.rows)),
            *map(_time, (of.first_event, of.last_event, of.last_received, of.last_written)),
            *(_known(of.rows_2h), _known(of.rows_24h), as_of),
        )
        for of in tables
    ]


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text.removesuffix("Z")) if text else None


def _known(rows: int) -> int | None:
    return rows if rows >= 0 else None


def write(settings: Settings, storage: Storage, rows: list[Row], now: float) -> None:
    """Write the file, have Hive's table read it, and remove old ones.

    Raises ServerAway. Where Hive has something else of the table's name, it stays, and
    `hive status` tells it.
    """
    root, stamp = _root(settings), int(now * 1000)
    columns = [dict(zip(SCHEMA.names, row, strict=True)) for row in rows]
    folder = f"{root}/{stamp:015}"
    storage.write(f"{folder}/freshness.parquet", to_bytes(pa.Table.from_pylist(columns, SCHEMA)))
    if settings.hive.metastore:
        words = "How new what each table holds is, in both stores"
        table = external_table(FRESHNESS, folder, SCHEMA, words, COMMENTS, {})
        with metastore(settings) as store:
            store.keep_freshness(table)
    for name in storage.list(root):
        if name.isdigit() and int(name) < stamp - KEPT_MS:
            storage.delete(f"{root}/{name}")


def newest_file(settings: Settings, storage: Storage) -> str:
    """Return the newest file, "" where there is none; raises ServerAway."""
    root = _root(settings)
    names = [name for name in storage.list(root) if name.isdigit()]
    return f"{root}/{max(names)}/freshness.parquet" if names else ""


def read(storage: Storage, path: str) -> pa.Table:
    """Return the rows of a file. Raises ServerAway, and Failed for one that cannot be read."""
    try:
        return pq.read_table(pa.BufferReader(storage.read(path))).cast(SCHEMA)
    except (pa.ArrowException, OSError) as error:
        raise Failed(f"{path} cannot be read: {error}") from error


def _root(settings: Settings) -> str:
    return f"{FolderNames(settings).root}/{FRESHNESS_FOLDER}"


__all__ = ["FRESHNESS", "newest_file", "read", "rows_of", "write"]
