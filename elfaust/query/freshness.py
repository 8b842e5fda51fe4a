"""How new what each table holds is: its last event, when it was received and written, its rows.

Of Parquet, and so of Hive, the footers of the files say it; of MySQL, the table's index of times.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from elfaust.query.catalog import Catalog
from elfaust.query.datasets import IN_HOUR
from elfaust.query.footers import Footer, Footers
from elfaust.records import SchemaKey
from elfaust.sinks.parquet.file_names import HIDDEN
from elfaust.storage import Storage, StoredFile

#: Hours of events over which rows are counted: the current one, and those before it.
FEW_HOURS, MANY_HOURS = 2, 24
Hour = tuple[int, ...]


class Freshness(NamedTuple):
    """One table of one store. Times are ISO 8601 in UTC, "" where nobody knows; -1: rows unknown.

    `rows_2h` and `rows_24h` are of events of the current hour and of 1 or 23 hours before it, by
    the times that events name.
    """

    store: str
    table: str
    schema: str
    revision: int
    rows: int
    first_event: str
    last_event: str
    last_received: str
    last_written: str
    rows_2h: int
    rows_24h: int


class FilesFreshness:
    """Looks at the Parquet files; a second look reads what is new. Raises ServerAway."""

    def __init__(
        self, catalog: Catalog, storage: Storage, clock: Callable[[], float] = time.time
    ) -> None:
        self._catalog = catalog
        self._storage = storage
        self._footers = Footers(storage)
        self._clock = clock

    def look(self, wanted: Callable[[SchemaKey], bool] = lambda key: True) -> list[Freshness]:
        """Return the freshness of the tables of schema revisions, by schema and revision."""
        tables = {key: name for key, name in self._catalog.names.tables.items() if wanted(key)}
        files = {key: dict(self._files(key)) for key in tables}
        every = [file for of in files.values() for file in of]
        footers = self._footers.of(every)
        self._footers.keep_only(every)
        return [
            self._one(key, tables[key], {file: (hour, footers[file]) for file, hour in of.items()})
            for key, of in sorted(files.items())
        ]

    def _files(self, key: SchemaKey) -> Iterator[tuple[StoredFile, Hour]]:
        location = self._catalog.location(key)
        for file in self._storage.walk_files(location):
            match = IN_HOUR.fullmatch(file.path.removeprefix(location))
            if match and not match[5].startswith(HIDDEN):
                yield file, tuple(int(number) for number in match.groups()[:4])

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


def hours_until(now: float, number: int) -> Iterable[Hour]:
    """Return the current hour, UTC, and those before it: year, month, day, hour."""
    current = datetime.fromtimestamp(now, UTC)
    for back in range(number):
        hour = current - timedelta(hours=back)
        yield hour.year, hour.month, hour.day, hour.hour


def as_text(seconds: float) -> str:
    """Return a time as `2013-01-21T18:10:34Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
