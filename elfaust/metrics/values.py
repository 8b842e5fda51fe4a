"""What this process counts: additions of whole batches, and questions that are asked at a look.

Memory is bounded: of a metric there are at most MOST sets of labels; further ones share one, whose
schema or topic is `other`.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from operator import add
from typing import NamedTuple

from elfaust.metrics.metric import Metric
from elfaust.metrics.table import EVENTS, OPEN, RESULTS, SECONDS, VALID
from elfaust.records import SchemaKey

#: Sets of labels of one metric: the five results of 2,000 schema revisions. They take 8 MB, and 60
#: ms of CPU time a look; a database that reads them is not meant for many more.
MOST = 10_000
#: The schema of lines whose schema no registry knows, and of lines that name none.
UNKNOWN = SchemaKey("unknown", -1)
#: What is counted past the bound.
OTHER = {"schema": "other", "revision": "-1", "topic": "other"}

Labels = tuple[str, ...]
#: Says what a metric is now, by its labels.
Ask = Callable[[], Mapping[Labels, float]]


class Spread(NamedTuple):
    """How often a histogram's values were at most each of SECONDS, and above; and their sum."""

    counts: tuple[int, ...]
    sum: float


@dataclass
class Snapshot:
    """What a process had counted at one moment, by metric and labels."""

    numbers: dict[Metric, dict[Labels, float]] = field(default_factory=dict)
    spreads: dict[Metric, dict[Labels, Spread]] = field(default_factory=dict)


class Values:
    """Counts of one process; any thread may add."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._numbers: dict[Metric, dict[Labels, float]] = {}
        self._spreads: dict[Metric, dict[Labels, Spread]] = {}
        self._asked: dict[Metric, list[Ask]] = {}

    def count(self, metric: Metric, more: float, *labels: str) -> None:
        """Add to a counter; with 0 it exists."""
        with self._lock:
            numbers = self._numbers.setdefault(metric, {})
            labels = self._bounded(metric, numbers, labels)
            numbers[labels] = numbers.get(labels, 0) + more

    def numbers(self, metric: Metric) -> dict[Labels, float]:
        """Return what a counter has counted, by its labels."""
        with self._lock:
            return dict(self._numbers.get(metric, {}))

    def has(self, metric: Metric, *labels: str) -> bool:
        """Tell whether a counter exists with these labels."""
        return labels in self._numbers.get(metric, ())

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Add a value to a histogram."""
        with self._lock:
            spreads = self._spreads.setdefault(metric, {})
            labels = self._bounded(metric, spreads, labels)
            counts, total = spreads.get(labels, EMPTY)
            at = bisect_left(SECONDS, value)
            counts = (*counts[:at], counts[at] + 1, *counts[at + 1 :])
            spreads[labels] = Spread(counts, total + value)

    def begin_spread(self, metric: Metric, *labels: str) -> None:
        """Have a histogram exist, with no value."""
        with self._lock:
            self._spreads.setdefault(metric, {}).setdefault(labels, EMPTY)

    def ask(self, metric: Metric, ask: Ask) -> None:
        """Have `ask` say what a metric is at each look, in the thread that looks.

        A metric that several say something of has all that they say.
        """
        self._asked.setdefault(metric, []).append(ask)

    def look(self, names: Collection[str] = ()) -> Snapshot:
        """Return what was counted, and what those who are asked say now.

        With `names` of the metrics of these names alone: nobody is asked for others.
        """

        def wanted(metric: Metric) -> bool:
            return not names or metric.name in names

        with self._lock:
            numbers = {of: dict(values) for of, values in self._numbers.items() if wanted(of)}
            spreads = {of: dict(values) for of, values in self._spreads.items() if wanted(of)}
        for metric, asks in self._asked.items():
            if not wanted(metric):
                continue
            into = numbers.setdefault(metric, {})
            together = max if metric.unit == "seconds" else add
            for labels, value in (said for ask in asks for said in ask().items()):
                labels = self._bounded(metric, into, labels)
                into[labels] = together(into[labels], value) if labels in into else value
        return Snapshot(numbers, spreads)

    def _bounded(self, metric: Metric, known: Mapping[Labels, object], labels: Labels) -> Labels:
        if labels in known or len(known) < self._most or not OPEN.intersection(metric.labels):
            return labels
        return tuple(
            OTHER.get(name, label) for name, label in zip(metric.labels, labels, strict=True)
        )


EMPTY = Spread((0,) * (len(SECONDS) + 1), 0.0)
#: Those of this process.
_values = Values()


def values() -> Values:
    """Return what this process counts."""
    return _values


def count(metric: Metric, more: float, *labels: str) -> None:
    """Add to a counter of this process."""
    _values.count(metric, more, *labels)


def observe(metric: Metric, value: float, *labels: str) -> None:
    """Add a value to a histogram of this process."""
    _values.observe(metric, value, *labels)


def count_of(metric: Metric, more: float, key: SchemaKey, *before: str) -> None:
    """Add to a counter of a schema revision; `before` are the labels before its name."""
    _values.count(metric, more, *before, key.schema, str(key.revision))


def begin_schemas(keys: Iterable[SchemaKey]) -> None:
    """Have the results of schema revisions exist at 0: a rate is reckoned from a number before."""
    for key in keys:
        of = key.schema, str(key.revision)
        if not _values.has(EVENTS, *of, VALID):
            for result in RESULTS:
                _values.count(EVENTS, 0, *of, result)
