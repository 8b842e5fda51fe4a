"""What the throughput role's table holds: one count, and how far it has counted."""

from __future__ import annotations

import faust


class Count(faust.Record, serializer="json", coerce=False):  # type: ignore[misc,call-arg]
    """One entry of the table `counts`; elfaust/counts/tally.py has its key and its rule.

    `last` is the time of the last event counted, milliseconds since the epoch; `positions` has the
    highest position counted of each source. `refused` is how many of `count` are events that a sink
    refused, and `ranges` has their positions (elfaust/counts/ranges.py). `minutes` and
    `refused_minutes` are counts by the minute of the hour, None where they are kept no longer.
    """

    count: int
    last: int
    positions: dict[str, int]
    refused: int = 0
    # What Faust has for defaults, never altered.
    ranges: dict[str, list[int]] = {}  # noqa: RUF012
    minutes: list[int] | None = []  # noqa: RUF012
    refused_minutes: list[int] | None = []  # noqa: RUF012
