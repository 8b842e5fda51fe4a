"""What this process has counted, as a test compares it."""

from __future__ import annotations

from elfaust.metrics.metric import Metric
from elfaust.metrics.values import Labels, values


def counted(metric: Metric) -> dict[Labels, float]:
    """Return what was counted of a metric, by its labels, and nothing that is 0."""
    numbers = values().look().numbers.get(metric, {})
    return {labels: number for labels, number in numbers.items() if number}


def observed(metric: Metric) -> dict[Labels, int]:
    """Return how many values a histogram has, by its labels."""
    spreads = values().look().spreads.get(metric, {})
    return {labels: sum(spread.counts) for labels, spread in spreads.items()}
