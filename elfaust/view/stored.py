"""What the stores have of one event: its row in MySQL, and its Parquet file.

A store that answers late, or not at all, is an answer too, and takes nobody else's time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import MySQLdb
import pyarrow as pa
from MySQLdb.constants import ER

from elfaust.errors import SchemaUnfit, ServerTrouble
from elfaust.names import table_name
from elfaust.records import Record, SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.ddl import quoted
from elfaust.sinks.parquet.store import ParquetStore
from elfaust.view.checked import TABLES, shown_column
from elfaust.view.seen import VALID, Seen, decoded

#: The role whose files are shown.
FILES = "hdfs"
#: Seconds for one answer of a store's server, and for all that is asked of a store; and how many
#: are asked at once.
ANSWER_SECONDS, LOOK_SECONDS, AT_ONCE = 3.0, 6.0, 4

NOT_YET = (
    "The table has no such row: `elfaust lag` says how far the role mysql is behind. If it is not,"
    " MySQL has refused the event, and an error of its schema says why."
)
NO_TABLE = "There is no such table yet: the role mysql makes it with its first row."
NO_FILE = (
    "There is no file of it yet: the role hdfs writes one after hdfs.flush_seconds at the latest,"
    " and `elfaust lag` says how far it is behind."
)
NOT_IN_IT = "The file has its offset and no row of it: it is a double, or the file was changed."
NO_ANSWER = f"There was no answer within {LOOK_SECONDS:.0f} seconds."
T = TypeVar("T")


class Row(NamedTuple):
    """A row of MySQL, masked, or why there is none."""

    table: str
    columns: dict[str, Any] | None
    why: str = ""


class File(NamedTuple):
    """A Parquet file and how many rows of an event it has, or why there is none."""

    path: str
    rows: int = 0
    why: str = ""


class Stored:
    """Asks the stores that the settings use."""

    def __init__(self, settings: Settings) -> None:
        self._stores = settings.processor.stores.split()
        self._settings = replace(
            settings,
            mysql=replace(settings.mysql, timeout=min(settings.mysql.timeout, ANSWER_SECONDS)),
            hdfs=replace(settings.hdfs, timeout=min(settings.hdfs.timeout, ANSWER_SECONDS)),
        )
        # Its own threads: those that hang keep no page waiting.
        self._threads = ThreadPoolExecutor(AT_ONCE, "stores")

    async def row(self, one: Seen) -> Row | None:
        """Return the row of an event, None where MySQL has nothing of the kind."""
        return await self._asked(TABLES, row_of, one, Row("", None, NO_ANSWER))

    async def file(self, one: Seen) -> File | None:
        """Return the Parquet file of an event, None where there is nothing of the kind."""
        return await self._asked(FILES, file_of, one, File("", 0, NO_ANSWER))

    async def _asked(
        self, store: str, ask: Callable[[Settings, Seen], T], one: Seen, otherwise: T
    ) -> T | None:
        if one.status != VALID or store not in self._stores:
            return None
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await loop.run_in_executor(self._threads, ask, self._settings, one)
        except TimeoutError:
            return otherwise


def row_of(settings: Settings, one: Seen) -> Row:
    """Return the row of a valid event; blocks. Whatever MySQL says is an answer."""
    try:
        table = table_name(settings.mysql.table, SchemaKey(one.schema, one.revision))
    except SchemaUnfit as error:
        return Row("", None, error.detail)
    try:
        with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {quoted(table)} WHERE uuid = %s", (one.uuid,))
            names, rows = [of[0] for of in cursor.description], cursor.fetchall()
    except MySQLdb.Error as error:
        if error.args and error.args[0] == ER.NO_SUCH_TABLE:
            return Row(table, None, NO_TABLE)
        return Row(table, None, f"MySQL does not answer: {error.args[-1] if error.args else error}")
    if not rows:
        return Row(table, None, NOT_YET)
    shown = {name: shown_column(name, of) for name, of in zip(names, rows[0], strict=True)}
    return Row(table, shown)


def file_of(settings: Settings, one: Seen) -> File:
    """Return the Parquet file of a valid event; blocks. Whatever the storage says is an answer."""
    capsule = decoded(one.value)
    if not isinstance(capsule, dict):
        return File("", 0, NO_FILE)
    record = Record(one.topic, one.lane, one.offset, one.time, one.value, one.source)
    try:
        path, rows = ParquetStore(settings).file_of(
            SchemaKey(one.schema, one.revision), record, capsule
        )
    except ServerTrouble as error:
        return File("", 0, f"{error}.")
    except (OSError, pa.ArrowException, LookupError, ValueError) as error:
        return File("", 0, f"The file cannot be read: {error}")
    return File(path, rows, NO_FILE if not path else "" if rows else NOT_IN_IT)
