"""What is usual and unusual of schema revisions, as this process says it at /metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from math import inf

from elfaust.counts.usual import KINDS, Usual, usual
from elfaust.counts.view import View
from elfaust.metrics import of_schemas
from elfaust.metrics.values import Labels, values
from elfaust.records import SchemaKey

#: Age at which numbers are reckoned again: in what that took, and seconds. The metrics of one look
#: are of one reckoning.
PATIENCE, LEAST_SECONDS = 100, 1.0


def register(view: View, clock: Callable[[], float] = time.time) -> None:
    """Have this process say what a view knows; `clock` gives Unix seconds."""
    gauges, ask = Gauges(view, clock), values().ask
    ask(of_schemas.SCHEMAS_JUDGED, gauges.judged)
    ask(of_schemas.SCHEMA_UNUSUAL, gauges.unusual)
    ask(of_schemas.SCHEMA_EVENTS, lambda: gauges.numbers(lambda of: of.events))
    ask(of_schemas.SCHEMA_USUAL, lambda: gauges.numbers(lambda of: of.usual))
    ask(of_schemas.SCHEMA_ERRORS, lambda: gauges.numbers(lambda of: of.errors / (of.lines or 1)))
    ask(of_schemas.SCHEMA_USUAL_ERRORS, lambda: gauges.numbers(lambda of: of.error_share))


class Gauges:
    """The numbers of a view, reckoned again when they are a hundred times as old as that took.

    It takes 50 ms of 300 schema revisions. `clock` gives Unix seconds, `timer` those of no clock.
    """

    def __init__(
        self,
        view: View,
        clock: Callable[[], float],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._view = view
        self._clock = clock
        self._timer = timer
        self._again = -inf
        self._usual: Mapping[SchemaKey, Usual] = {}

    def judged(self) -> Mapping[Labels, float]:
        """Return how many schema revisions are old enough; nothing while nobody knows."""
        judged = sum(of.usual is not None for _, of in self._known())
        return {(): judged} if self._view.complete else {}

    def unusual(self) -> Mapping[Labels, float]:
        """Return of each schema revision and kind whether it is so."""
        return {
            (*_labels(key), kind): float(kind in of.kinds)
            for key, of in self._known()
            for kind in KINDS
        }

    def numbers(self, which: Callable[[Usual], float | None]) -> Mapping[Labels, float]:
        """Return a number of each schema revision that has it."""
        numbers = ((key, which(of)) for key, of in self._known())
        return {_labels(key): number for key, number in numbers if number is not None}

    def _known(self) -> Iterable[tuple[SchemaKey, Usual]]:
        if not self._view.complete:
            return ()
        began = self._timer()
        if began >= self._again:
            self._usual = usual(self._view, self._clock())
            self._again = began + max(LEAST_SECONDS, PATIENCE * (self._timer() - began))
        return self._usual.items()


def _labels(key: SchemaKey) -> Labels:
    return key.schema, str(key.revision)
