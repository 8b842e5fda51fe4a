"""In the folder of which hour an event must be, by docs/reference.md ("Times")."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from elfaust.settings import Hdfs

HOUR_MS = 3_600_000
LAST = "9999-12-31T23"


class Hours:
    """The hours of events, UTC, as `2020-09-13T12`, which compare as texts."""

    def __init__(self, hdfs: Hdfs) -> None:
        self._first = f"{hdfs.first_year:04}"
        self._ahead = hdfs.ahead_hours

    def of(self, hour: str, arrived: int) -> str:
        """Return where an event belongs that names an hour, and came into Kafka at a time, ms.

        A negative time is unknown.
        """
        if arrived < 0:
            return hour if hour >= self._first else f"{self._first}-01-01T00"
        came = arrived // HOUR_MS
        if self._first <= hour <= _hour(came + self._ahead):
            return hour
        return _hour(came)


@lru_cache(4_096)
def _hour(number: int) -> str:
    """Return the hour of so many since the epoch, the last one of what is later."""
    try:
        return datetime.fromtimestamp(number * HOUR_MS // 1_000, UTC).isoformat()[:13]
    except (OverflowError, ValueError, OSError):
        return LAST
