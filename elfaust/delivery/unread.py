"""How far behind a worker is in its own lanes: in records, and in the age of the oldest of them.

The ends of lanes come from Kafka, what is acknowledged from the worker itself: a commit is a second
old, and of a lane that is held nothing is fetched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from faust.types import TP

from elfaust.delivery.batch import FIRST_TIME
from elfaust.delivery.lane import Oldest

#: Seconds after which what was seen is not believed any more.
STALE_SECONDS = 60.0


@dataclass
class _Lane:
    #: Its first record that is not acknowledged, and how many there are from there on.
    offset: int
    records: int
    #: When that record was first seen, and since when it is there as far as anybody knows, seconds
    #: since the epoch.
    seen: float
    since: float


class Unread:
    """What is not acknowledged of a worker's lanes, by the last look."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lanes: dict[TP, _Lane] = {}
        #: When it was last looked, Unix seconds; 0 for never.
        self.looked = 0.0

    def see(self, ends: Mapping[TP, int], oldest: Mapping[TP, Oldest]) -> None:
        """Note the ends of all lanes that the worker has, and where it is in each of them."""
        self.looked = now = self._clock()
        self._lanes = {
            tp: self._seen(tp, ends[tp], oldest[tp], now) for tp in ends.keys() & oldest.keys()
        }

    def _seen(self, tp: TP, end: int, oldest: Oldest, now: float) -> _Lane:
        records = max(0, end - oldest.offset)
        before = self._lanes.get(tp)
        if before is not None and not before.records:
            # The record that it was to go on with had not been written.
            before = None
        seen = before.seen if before is not None and before.offset == oldest.offset else now
        if oldest.timestamp is None:
            # It has not come yet, and is no older than the one before it.
            since = seen if before is None else before.since
        elif oldest.timestamp < FIRST_TIME:
            since = seen
        else:
            since = min(seen, oldest.timestamp / 1000)
        return _Lane(oldest.offset, records, seen, since)

    def forget(self) -> None:
        """Forget all: the lanes are moving."""
        self._lanes.clear()

    def records(self) -> dict[str, int]:
        """Return how many records are not acknowledged, by topic; nothing where nobody knows."""
        sums: dict[str, int] = {}
        for tp, lane in self._known().items():
            sums[tp.topic] = sums.get(tp.topic, 0) + lane.records
        return sums

    def seconds(self) -> dict[str, float]:
        """Return the age of the oldest of them by topic at the last look, 0 where there is none."""
        ages = dict[str, float]()
        for tp, lane in self._known().items():
            age = max(0.0, self.looked - lane.since) if lane.records else 0.0
            ages[tp.topic] = max(age, ages.get(tp.topic, 0.0))
        return ages

    def _known(self) -> Mapping[TP, _Lane]:
        return self._lanes if self._clock() - self.looked < STALE_SECONDS else {}
