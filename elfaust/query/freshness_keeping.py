"""Keeps the tables of freshness in both stores; the role `hive` calls it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress

import MySQLdb

from elfaust.errors import HiveRefuses, ServerAway
from elfaust.query.catalog import Catalog
from elfaust.query.files_freshness import FilesFreshness
from elfaust.query.footers import Unread
from elfaust.query.freshness import Freshness
from elfaust.query.freshness_file import FRESHNESS, SCHEMA, Row, rows_of, write
from elfaust.query.mysql_freshness import mysql_freshness
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect, server_name
from elfaust.sinks.mysql.ddl import quoted
from elfaust.storage import Storage

log = logging.getLogger(__name__)

#: Seconds between two looks, and in how many times of what a look took at the least.
SECONDS, PAUSES = 60.0, 10
CREATE = f"""
CREATE TABLE IF NOT EXISTS {quoted(FRESHNESS)} (
  `store` VARCHAR(8) NOT NULL,
  `table_name` VARCHAR(128) NOT NULL,
  `schema_name` VARCHAR(64) NOT NULL,
  `revision` BIGINT NOT NULL,
  `row_count` BIGINT,
  `first_event` DATETIME COMMENT 'UTC',
  `last_event` DATETIME COMMENT 'UTC',
  `last_received` DATETIME COMMENT 'UTC',
  `last_written` DATETIME COMMENT 'UTC',
  `rows_2h` BIGINT,
  `rows_24h` BIGINT,
  `as_of` DATETIME NOT NULL COMMENT 'UTC',
  PRIMARY KEY (`store`, `table_name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
  COMMENT='How new what each table holds is, in both stores'
"""
INSERT = (
    f"INSERT INTO {quoted(FRESHNESS)} ({', '.join(map(quoted, SCHEMA.names))})"
    f" VALUES ({', '.join(['%s'] * len(SCHEMA.names))})"
)


class FreshnessKeeper:
    """Finds out how new the tables are, and writes it down, in as many stores as answer."""

    def __init__(
        self, settings: Settings, storage: Storage, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._storage = storage
        self._clock = clock
        self._files = FilesFreshness(Catalog(settings, storage), storage, clock)
        self._stopped = asyncio.Event()
        self._told: set[Unread] = set()
        self._has_mysql = "mysql" in settings.processor.stores.split()

    async def run(self) -> None:
        """Keep them until `stop`; whoever is away is asked again a minute later.

        Nothing that fails here ends the role, whose work are the partitions.
        """
        said = ""
        while not self._stopped.is_set():
            began = time.monotonic()
            try:
                await asyncio.to_thread(self.once)
                said = ""
            except (ServerAway, HiveRefuses) as error:
                if str(error) != said:
                    log.warning("The table of freshness is not kept: %s", error)
                said = str(error)
            except Exception:
                # A file that nobody can read keeps no schema from its partitions.
                log.exception("The table of freshness is not kept")
            pause = max(SECONDS, PAUSES * (time.monotonic() - began))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), pause)

    async def stop(self) -> None:
        """End before the next look."""
        self._stopped.set()

    def once(self) -> list[Freshness]:
        """Look and write once; raises ServerAway where a store does not answer, and HiveRefuses."""
        now = self._clock()
        files = self._files.look()
        self._tell(self._files.unread)
        keys = {SchemaKey(of.schema, of.revision) for of in files}
        keys |= set(Registry.of_workers(self._settings).known())
        tables, away = list(files), None
        if self._has_mysql:
            try:
                tables += mysql_freshness(self._settings, keys, self._clock)
                self._write_mysql(rows_of(tables, now))
            except ServerAway as error:
                away = error
        write(self._settings, self._storage, rows_of(tables, now), now)
        if away:
            raise away
        return tables

    def _tell(self, unread: Sequence[Unread]) -> None:
        for of in unread:
            if of not in self._told:
                log.warning("A file is not all in the table of freshness: %s", of)
        self._told = set(unread)

    def _write_mysql(self, rows: list[Row]) -> None:
        try:
            with (
                closing(connect(self._settings.mysql)) as connection,
                connection.cursor() as cursor,
            ):
                cursor.execute(CREATE)
                cursor.execute(f"DELETE FROM {quoted(FRESHNESS)}")
                cursor.executemany(INSERT, rows)
                connection.commit()
        except MySQLdb.Error as error:
            raise ServerAway(server_name(self._settings.mysql), str(error.args[-1])) from error
