"""How new what one table holds is: its last event, when it was received and written, its rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

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


def hours_until(now: float, number: int) -> Iterable[Hour]:
    """Return the current hour, UTC, and those before it: year, month, day, hour."""
    current = datetime.fromtimestamp(now, UTC)
    for back in range(number):
        hour = current - timedelta(hours=back)
        yield hour.year, hour.month, hour.day, hour.hour


def as_text(seconds: float) -> str:
    """Return a time as `2013-01-21T18:10:34Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
