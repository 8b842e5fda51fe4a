"""What `GET /metrics` answers: a process's counts in Prometheus's formats.

Each look has a registry of its own, so that nothing is shared with other processes or libraries.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from elfaust.metrics.table import METRICS, SECONDS
from elfaust.metrics.values import Snapshot

BOUNDS = [*map(str, SECONDS), "+Inf"]


class Counted(Collector):
    """What a process had counted at one moment, for prometheus-client."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the table that this process has."""
        for metric in METRICS:
            if spreads := self._snapshot.spreads.get(metric):
                spread = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
                for labels, (counts, total) in spreads.items():
                    buckets = list(zip(BOUNDS, accumulate(counts), strict=True))
                    spread.add_metric(labels, buckets, total)
                yield spread
            if numbers := self._snapshot.numbers.get(metric):
                kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
                family = kind(metric.name, metric.help, labels=metric.labels)
                for labels, number in numbers.items():
                    family.add_metric(labels, number)
                yield family


def exposition(snapshot: Snapshot, accept: str, *, process: bool) -> tuple[bytes, str]:
    """Return a snapshot as text, and its content type, by what an `Accept` header asks for.

    With `process` the process's own memory, CPU time, open files and start are in it too.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Counted(snapshot))
    if process:
        ProcessCollector(registry=registry)
    try:
        encode, content_type = choose_encoder(accept)
    except (TypeError, ValueError):
        # A version that is none, as `version=x`.
        encode, content_type = choose_encoder("")
    return encode(registry), content_type
