"""DuckDB over the Parquet files: the tables and views that Hive has, without a server.

DuckDB itself opens no file: it may not (external access is off, and the configuration locked), and
need not, for it is given datasets of Arrow, whose files elfaust reads (datasets.py). It has no
temporary files either: a question that does not fit into memory fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import duckdb

from elfaust.errors import ElfaustError
from elfaust.hive.tables import Table
from elfaust.hive.views import select
from elfaust.query import duck_times
from elfaust.query.catalog import Catalog
from elfaust.query.datasets import Trouble, dataset_of
from elfaust.query.duck_doubles import make_macros
from elfaust.query.duck_guard import DuckGuard
from elfaust.query.duck_words import DuckWords, in_microseconds, quoted
from elfaust.query.engine import Answer, unique
from elfaust.query.freshness_file import FRESHNESS, read
from elfaust.query.refused import Failed
from elfaust.query.values import lowered, plain
from elfaust.settings import Settings
from elfaust.storage import open_storage

#: DuckDB can do nothing but compute, and nobody can change that.
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    # Hive's order.
    "default_null_order": "nulls_last_on_asc_first_on_desc",
}
#: What a question is as a view: guards know no table of that name.
ANSWER = "the answer"
#: Rows that are fetched at a time.
ROWS = 1_000


class DuckDb:
    """Answers by DuckDB, over the files of the settings."""

    def __init__(self, settings: Settings) -> None:
        hdfs = settings.hdfs
        place = hdfs.root if hdfs.storage == "local" else f"{hdfs.url}{hdfs.root}"
        self.title = f"DuckDB over {place}"
        storage = open_storage(hdfs)
        self._catalog = Catalog(settings, storage)
        self._storage, self._trouble = storage, Trouble()
        self._database = settings.hive.database.lower()
        with interrupts():
            self._connection: Any = duckdb.connect(":memory:", config=CONFIG)
            self._connection.execute("SET TimeZone = 'UTC'")
            self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(self._database)}")
            self._connection.execute(f"USE {quoted(self._database)}")
            make_macros(self._connection.execute)
            self._connection.execute("SET lock_configuration = true")
            self._guard = DuckGuard(self._connection.cursor(), self._database)

    def ask(self, sql: str) -> Answer:
        """Return the answer to one SELECT, as `Engine.ask`."""
        asked = self._guard.tables(sql, self._catalog.known())
        for name in sorted(asked):
            self._make(name)
        self._trouble.error = None
        try:
            with interrupts():
                self._start(sql)
            columns = unique([name for name, *_ in self._connection.description])
        except duckdb.Error as error:
            raise self._failed(error) from error
        return Answer(columns, self._rows())

    def _start(self, sql: str) -> None:
        # This binds the question, and runs nothing of it.
        relation = self._connection.sql(sql)
        with_texts = duck_times.select(ANSWER, relation.columns, relation.types)
        if with_texts:
            self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(ANSWER)} AS {sql}")
        self._connection.execute(with_texts or sql)

    def progress(self) -> str:
        """Return how much of the question is done, in per cent."""
        done = self._connection.query_progress()
        return f"{done:.0f} %" if done > 0 else ""

    def cancel(self) -> None:
        """End the question."""
        self._connection.interrupt()

    def close(self) -> None:
        """End the session; one whose question goes on ends with the process."""
        with suppress(duckdb.Error):
            self._connection.close()

    def _rows(self) -> Iterator[list[Any]]:
        kinds = [str(kind) for _, kind, *_ in self._connection.description]
        # Keys of a map are values.
        lower = ["STRUCT(" in kind and "MAP(" not in kind for kind in kinds]
        while True:
            try:
                with interrupts():
                    rows = self._connection.fetchmany(ROWS)
            except duckdb.Error as error:
                raise self._failed(error) from error
            if not rows:
                return
            for row in rows:
                values = [plain(value) for value in row]
                yield [
                    lowered(value) if of else value for value, of in zip(values, lower, strict=True)
                ]

    def _failed(self, error: Exception) -> ElfaustError:
        return self._trouble.error or Failed(str(error))

    def _make(self, name: str) -> None:
        """Make a table, or a view and its tables, as views of datasets."""
        view = self._catalog.views.get(name)
        if name == FRESHNESS:
            rows = read(self._storage, self._catalog.freshness)
            self._connection.register("freshness", rows)
            text = in_microseconds("freshness", rows.schema)
        elif view is None or view.merged is None:
            text = f"FROM {self._source(self._catalog.tables[name])}"
        else:
            tables = self._catalog.tables_of(view)
            sources = {revision: self._source(table) for revision, table in tables.items()}
            text = select(DuckWords(), view.merged, sources)
        self._connection.execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS {text}")

    def _source(self, table: Table) -> str:
        """Return the files of a table as FROM takes them."""
        files = dataset_of(self._storage, table.location, table.files, self._trouble)
        self._connection.register(f"files of {table.name}", files)
        return f"({in_microseconds(f'files of {table.name}', files.schema)})"


@contextmanager
def interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt for Ctrl-C, of which DuckDB makes an error of its own."""
    try:
        yield
    except RuntimeError as error:
        if "interrupted" not in str(error):
            raise
        raise KeyboardInterrupt from error
