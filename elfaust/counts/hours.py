"""The counts by the hour, of eight days and in bounded memory: a number for each hour and entry."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any, TypeAlias, TypeVar

from elfaust.counts.entry import CountKey
from elfaust.counts.row import NONE, Numbers
from elfaust.records import SchemaKey

#: Hours that are kept, the present one among them: those of eight days.
KEPT = 192
#: How far hours may be ahead of this machine's clock: as far as brokers take records.
AHEAD = 2
SIZE = KEPT + AHEAD

#: A number for each hour, at the hour's remainder by SIZE. What entries add up to may be any
#: number: nobody knows how many lanes and topics somebody makes up.
Ring: TypeAlias = "array[int] | list[int]"
Rings = tuple[Ring, ...]
K = TypeVar("K")


def _counts() -> Rings:
    return tuple(array("q", bytes(8 * SIZE)) for _ in range(2))


def _sums() -> Rings:
    return tuple([0] * SIZE for _ in range(3))


def _of(rings: dict[K, Rings], key: K, make: Callable[[], Rings]) -> Rings:
    if (found := rings.get(key)) is None:
        found = rings[key] = make()
    return found


class Hours:
    """The numbers of schema revisions by hour, of all lanes.

    Hours are counted from the epoch. `forget` says which are kept: none before it was called.
    """

    def __init__(self) -> None:
        self.kept = range(0)
        #: What each entry counted, and how much of it sinks refused, by its key without the hour.
        self._entries: dict[CountKey, Rings] = {}
        #: `Numbers` of each schema revision.
        self._sums: dict[SchemaKey, Rings] = {}

    def put(self, row: SchemaKey, key: CountKey, value: Mapping[str, Any] | None) -> None:
        """Take in an entry as it is now; None: it was deleted.

        A count below the present one is an older one, written late.
        """
        if key.hour is None or key.hour not in self.kept:
            return
        place = key.hour % SIZE
        rings = _of(self._entries, CountKey(*key[:6]), _counts)
        before = rings[0][place], rings[1][place]
        now = (0, 0) if value is None else (value["count"], value.get("refused", 0))
        if value is not None and now[0] < before[0]:
            return
        rings[0][place], rings[1][place] = now
        sums = _of(self._sums, row, _sums)
        sums[1 if key.code else 0][place] += now[0] - before[0]
        sums[2][place] += now[1] - before[1]

    def forget(self, this: int) -> None:
        """Keep the hours up to `this`, the present one, and none that is further back than that."""
        kept = range(this - KEPT + 1, this + AHEAD + 1)
        if kept == self.kept:
            return
        places = [hour % SIZE for hour in kept if hour not in self.kept]
        self.kept = kept
        self._entries = _without(self._entries, places)
        self._sums = _without(self._sums, places)

    def rows(self) -> set[SchemaKey]:
        """Return the schema revisions that have a number in any hour."""
        return set(self._sums)

    def numbers(self, row: SchemaKey, hours: Iterable[int]) -> list[Numbers]:
        """Return the numbers of a schema revision in each of some hours."""
        places = [hour % SIZE if hour in self.kept else None for hour in hours]
        if (sums := self._sums.get(row)) is None:
            return [NONE] * len(places)
        columns = ([0 if at is None else ring[at] for at in places] for ring in sums)
        return list(zip(*columns, strict=True))


def _without(rings: Mapping[K, Rings], places: Iterable[int]) -> dict[K, Rings]:
    for ring in chain.from_iterable(rings.values()):
        for place in places:
            ring[place] = 0
    return {key: of for key, of in rings.items() if any(map(any, of))}
