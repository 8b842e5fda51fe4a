"""Positions of sources that come in any order, remembered as ranges, in bounds.

The positions of a source are one flat sorted list: the first position of a range and the one after
its last, in turns, so [4, 6, 9, 10] is 4, 5 and 9. What is remembered depends on nothing but the
order in which positions came.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

from elfaust.delivery.batch import MAX_SOURCES
from elfaust.events.known_sources import make_room

#: Most ranges of all sources together: 90 kB of JSON, of the megabyte that Kafka takes.
MAX_RANGES = 4_000

Ranges = dict[str, list[int]]


def is_ranges(value: object) -> bool:
    """Tell whether JSON is `Ranges`, no longer than `add` lets them be."""
    if not isinstance(value, dict) or len(value) > MAX_SOURCES:
        return False
    return (
        all(
            isinstance(bounds, list)
            and len(bounds) % 2 == 0
            and all(type(bound) is int for bound in bounds)
            and all(before < after for before, after in pairwise(bounds))
            for bounds in value.values()
        )
        and sum(map(len, value.values())) <= 2 * MAX_RANGES
    )


def add(ranges: Ranges, source: str, position: int) -> bool:
    """Add a position of a source, in place; return whether it is new.

    Past MAX_RANGES the two oldest ranges become one, with all that lies between them: what comes
    as late as that is taken for known. Of MAX_SOURCES at most anything is remembered.
    """
    bounds = ranges.get(source)
    if bounds is None:
        if make_room(ranges, source, MAX_SOURCES):
            ranges[source] = [position, position + 1]
            _keep_short(ranges)
        return True
    at = bisect_right(bounds, position)
    if at % 2:
        return False
    follows = at > 0 and bounds[at - 1] == position
    precedes = at < len(bounds) and bounds[at] == position + 1
    # A bound that two ranges share goes; one that stands alone on its side stays.
    bounds[at - follows : at + precedes] = ([] if follows else [position]) + (
        [] if precedes else [position + 1]
    )
    _keep_short(ranges)
    return True


def _keep_short(ranges: Ranges) -> None:
    if sum(map(len, ranges.values())) > 2 * MAX_RANGES:
        del max(ranges.values(), key=len)[1:3]
