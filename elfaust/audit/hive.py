"""What Hive has beside Parquet: rows by schema revision, and what is not as it has to be.

Rows are counted by HiveServer2, as whoever asks it would; all else is asked of the metastore.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterator, Mapping, Sequence

from elfaust.errors import ElfaustError, HiveRefuses
from elfaust.hive.names import HiveNames
from elfaust.hive.server import Session, session
from elfaust.hive.status import Status, status_of
from elfaust.hive.sync import Sync
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.audit_finding import Finding
from elfaust.sinks.reading import Stored
from elfaust.storage import open_storage

#: Tables that one statement counts: each has its own takes seconds, and a longer one more memory.
TOGETHER = 50
#: Seconds between two looks whether the partitions are there, and for all of them.
LOOK_SECONDS, PATIENCE = 1.0, 120.0


class NotInHive(ElfaustError):
    """Partitions were not in Hive in time."""


def rows_in_hive(settings: Settings, keys: Collection[SchemaKey]) -> Mapping[SchemaKey, Stored]:
    """Return how many rows the tables of schema revisions have; 0 where there is no table.

    One that cannot be read says why, as one with a file that is cut short. Raises ServerAway.
    """
    tables = {table: key for key, table in HiveNames(settings).of(keys).tables.items()}
    found = dict.fromkeys(keys, Stored())
    with session(settings.hive) as asked:
        database = settings.hive.database.lower()
        databases = {name for (name,) in asked.rows("SHOW DATABASES")}
        there = asked.rows(f"SHOW TABLES IN `{database}`") if database in databases else []
        names = sorted(tables.keys() & {name for (name,) in there})
        for start in range(0, len(names), TOGETHER):
            counts = _counted(asked, database, names[start : start + TOGETHER])
            found |= {tables[name]: stored for name, stored in counts.items()}
    return found


def _counted(asked: Session, database: str, names: Sequence[str]) -> dict[str, Stored]:
    branches = (f"SELECT '{name}' AS n FROM `{database}`.`{name}`" for name in names)
    sql = f"SELECT n, count(*) FROM ({' UNION ALL '.join(branches)}) u GROUP BY n"
    try:
        return {name: Stored(events) for name, events in asked.rows(sql)}
    except HiveRefuses as refused:
        if len(names) == 1:
            return {names[0]: Stored(unreadable=refused.detail)}
    # One of them spoils the statement: which?
    return {name: of for one in names for name, of in _counted(asked, database, [one]).items()}


def hive_status(settings: Settings, *, files: bool = False) -> Status:
    """Compare Hive with the schemas and the files, whose ends are read if `files`.

    Raises ServerAway.
    """
    sync = Sync(settings, Registry.of_workers(settings), open_storage(settings.hdfs))
    return status_of(sync, files=files)


async def in_hive(settings: Settings, seconds: float = PATIENCE) -> None:
    """Wait until all hours that have a folder have their partition.

    Raises NotInHive when some have none in time, and ServerAway.
    """
    deadline = time.monotonic() + seconds
    while missing := missing_in(await asyncio.to_thread(hive_status, settings)):
        if time.monotonic() > deadline:
            raise NotInHive(f"{missing} partitions are not in Hive after {seconds:.0f} s")
        await asyncio.sleep(LOOK_SECONDS)


def missing_in(status: Status) -> int:
    """Return how many hours have no partition yet."""
    return sum(table.missing for table in status.tables)


def findings_of(status: Status) -> Iterator[Finding]:
    """Yield what somebody has to look at in Hive; what is only missing comes by itself."""
    for name, what, cure in status.told:
        yield Finding("hive", name, 1, f"{what}{f' -> {cure}' if cure else ''}")
