"""The hours in whose folders rows of events are: of their own time, or of their arrival."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from elfaust.delivery.batch import END_OF_TIME

HOUR_MS = 3_600_000


def by_hour(
    table: pa.Table, arrived: Sequence[int], first_year: int, ahead_hours: int
) -> list[tuple[str, pa.Table]]:
    """Return the rows of each hour of `dt`, UTC, as `2020-09-13T12`.

    `arrived` is when each row's record came into Kafka, ms. A row before `first_year`, or further
    ahead of its arrival than `ahead_hours`, belongs to the hour of its arrival: a clock that is
    wrong must not make folders that nobody looks into. Old lines that are run again keep theirs.
    Where Kafka does not tell the arrival a row keeps its hour, or has the first of `first_year`.
    """
    hours: Any = pc.utf8_slice_codeunits(table["dt"], 0, 13)
    first, ahead = f"{first_year:04}", ahead_hours * HOUR_MS
    bounds, earliest = pc.min_max(hours).as_py(), min(arrived)
    if earliest < 0 or bounds["min"] < first or bounds["max"] > hour_of(earliest + ahead):
        pairs = zip(hours.to_pylist(), arrived, strict=True)
        hours = pa.array(placed(hour, ms, first, ahead) for hour, ms in pairs)
    found = sorted(pc.unique(hours).to_pylist())
    if len(found) == 1:
        return [(found[0], table)]
    return [(hour, table.filter(pc.equal(hours, hour))) for hour in found]


def placed(hour: str, arrived: int, first: str, ahead: int) -> str:
    """Return the hour in whose folder a row is: of `by_hour`, with `ahead` in ms."""
    if arrived < 0:
        return hour if hour >= first else f"{first}-01-01T00"
    return hour if first <= hour <= hour_of(arrived + ahead) else hour_of(arrived)


def hour_of(moment: int) -> str:
    """Return the hour of a moment, ms since the epoch, in UTC; the last one of what is later."""
    moment = min(moment, END_OF_TIME - 1)
    return datetime.fromtimestamp(moment // 1000, UTC).strftime("%Y-%m-%dT%H")
