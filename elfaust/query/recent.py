"""How new the tables are, for pages: as the role `hive` has written lately, else by a look."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from elfaust.errors import ElfaustError
from elfaust.query.freshness import Freshness
from elfaust.query.freshness_file import newest_file, read
from elfaust.query.tables import Found, look
from elfaust.settings import Settings
from elfaust.storage import open_storage

#: Seconds for which what the role has written is taken for new.
RECENT_SECONDS = 300.0


class Recent(NamedTuple):
    """What was found, and when, seconds since the epoch."""

    found: Found
    as_of: float


def recent(settings: Settings) -> Recent:
    """Return how new all tables are; which stores are away is in it."""
    now = time.time()
    if "hdfs" in settings.processor.stores.split():
        storage = open_storage(settings.hdfs)
        # What is wrong here is said by the look, which asks the other stores as well.
        with suppress(ElfaustError):
            path = newest_file(settings, storage)
            stamp = int(path.split("/")[-2]) / 1000 if path else 0.0
            if now - stamp < RECENT_SECONDS:
                rows = read(storage, path).to_pylist()
                return Recent(Found([_freshness(row) for row in rows], []), stamp)
    return Recent(look(settings, lambda key: True), now)


def _freshness(row: dict[str, Any]) -> Freshness:
    times = (row[name] for name in ("first_event", "last_event", "last_received", "last_written"))
    first, last, received, written = map(_text, times)
    return Freshness(
        row["store"],
        row["table_name"],
        row["schema_name"],
        row["revision"],
        _count(row["row_count"]),
        first,
        last,
        received,
        written,
        _count(row["rows_2h"]),
        _count(row["rows_24h"]),
    )


def _text(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _count(rows: int | None) -> int:
    return -1 if rows is None else rows
