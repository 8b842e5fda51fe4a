"""What is said of a metric: its name and kind, what a value is, its labels, which roles have it."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["counter", "gauge", "histogram"]


class Metric(NamedTuple):
    """One metric."""

    name: str
    kind: Kind
    #: What a value of 1 is.
    unit: str
    help: str
    labels: tuple[str, ...]
    roles: tuple[str, ...]
