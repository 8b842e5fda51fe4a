"""What a plugin of Icinga or Nagios prints: levels, and numbers with their limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

#: In the order of a plugin's exit codes.
LEVELS = ("ok", "warning", "critical", "unknown")

#: What one worker says: numbers by metric and labels.
Said = Mapping[str, Mapping[tuple[str, ...], float]]


class Number(NamedTuple):
    """A number with its limits, as a plugin's performance data has it."""

    label: str
    value: float
    unit: str
    #: From where on it is a warning, and critical; None: it never is.
    limits: tuple[float | None, float | None] = (None, None)

    def __str__(self) -> str:
        # Of what the labels are made of anybody may have a say.
        label = re.sub(r"[^a-z0-9_]", "_", self.label.lower())
        warning, critical = ("" if limit is None else f"{limit:g}" for limit in self.limits)
        return f"{label}={self.value:.15g}{self.unit};{warning};{critical};0"

    @property
    def level(self) -> str:
        """How bad it is."""
        return LEVELS[sum(limit is not None and self.value > limit for limit in self.limits)]
