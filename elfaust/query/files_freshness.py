"""How new what the Parquet files hold is, and so the tables of Hive: their footers say it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable

from elfaust.query.catalog import Catalog
from elfaust.query.datasets import files_of_hours
from elfaust.query.footers import Footer, Footers, Unread
from elfaust.query.freshness import (
    FEW_HOURS,
    MANY_HOURS,
    Freshness,
    Hour,
    as_text,
    hours_until,
)
from elfaust.records import SchemaKey
from elfaust.storage import Storage, StoredFile


class FilesFreshness:
    """Looks at the Parquet files; a second look reads what is new. Raises ServerAway."""

    def __init__(
        self, catalog: Catalog, storage: Storage, clock: Callable[[], float] = time.time
    ) -> None:
        self._catalog = catalog
        self._storage = storage
        self._footers = Footers(storage)
        self._clock = clock
        #: The files of the last look whose footers do not say all, by their paths.
        self.unread: list[Unread] = []

    def look(self, wanted: Callable[[SchemaKey], bool] = lambda key: True) -> list[Freshness]:
        """Return the freshness of the tables of schema revisions, by schema and revision."""
        self._catalog.refresh()
        tables = {key: of for key, of in self._catalog.by_key().items() if wanted(key)}
        files = {
            key: dict(files_of_hours(self._storage, of.location)) for key, of in tables.items()
        }
        every = [file for of in files.values() for file in of]
        footers = self._footers.of(every)
        self._footers.keep_only(every)
        troubles = {file.path: of.trouble for file, of in footers.items() if of.trouble}
        self.unread = [Unread(path, why) for path, why in sorted(troubles.items())]
        return [
            self._one(
                key, tables[key].name, {file: (hour, footers[file]) for file, hour in of.items()}
            )
            for key, of in sorted(files.items())
        ]

    def _one(
        self, key: SchemaKey, table: str, files: dict[StoredFile, tuple[Hour, Footer]]
    ) -> Freshness:
        whole, by_hour = Footer(), defaultdict[Hour, int](int)
        for hour, footer in files.values():
            whole = whole.with_other(footer)
            by_hour[hour] += footer.rows
        few, many = (
            sum(by_hour.get(hour, 0) for hour in hours_until(self._clock(), number))
            for number in (FEW_HOURS, MANY_HOURS)
        )
        return Freshness(
            "hive",
            table,
            *key,
            whole.rows,
            whole.first,
            whole.last,
            whole.received,
            as_text(whole.written / 1000) if whole.written else "",
            few,
            many,
        )
