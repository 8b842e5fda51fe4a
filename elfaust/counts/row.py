"""A row of the counts: what there is of one schema revision, or of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from elfaust.times import iso8601

#: A minute's valid events, errors, and events that a sink refused.
Numbers = Sequence[int]
NONE: Numbers = (0, 0, 0)


def valid(numbers: Numbers) -> int:
    """Return how many lines the processor has passed."""
    return numbers[0]


def errors(numbers: Numbers) -> int:
    """Return how many lines are errors."""
    return numbers[1]


def stored(numbers: Numbers) -> int:
    """Return how many lines are events that no sink refused.

    An error may be counted before its event is.
    """
    return max(0, numbers[0] - numbers[2])


#: What is shown of a minute, and a second.
NUMBERS = (stored, errors, valid)


@dataclass
class Row:
    """The counts of one schema revision, or of all; `last_event` in ms since the epoch."""

    schema: str = ""
    revision: int = -1
    topic: str = ""
    valid: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    #: Events that a sink refused: they are in `valid` and in `errors`.
    refused: int = 0
    last_event: int = 0
    #: `Numbers` by minute since the epoch.
    minutes: dict[int, list[int]] = field(default_factory=dict)

    @property
    def stored(self) -> int:
        """Lines that are events, and that no sink refused."""
        return stored((self.valid, 0, self.refused))

    @property
    def lines(self) -> int:
        """Raw lines: each is stored or one error."""
        return self.stored + sum(self.errors.values())

    def add(self, other: Row) -> None:
        """Add another row's counts to this one's."""
        self.valid += other.valid
        self.errors.update(other.errors)
        self.refused += other.valid - other.stored
        self.last_event = max(self.last_event, other.last_event)
        for minute, numbers in other.minutes.items():
            mine = self.minutes.setdefault(minute, list(NONE))
            mine[0] += numbers[0]
            mine[1] += numbers[1]
            mine[2] += numbers[0] - stored(numbers)

    def rate(self, which: Callable[[Numbers], int], now: float) -> float:
        """Return how many of `which` there were a second over the last 60 seconds."""
        minute, elapsed = divmod(now, 60)
        this = which(self.minutes.get(int(minute), NONE))
        before = which(self.minutes.get(int(minute) - 1, NONE))
        return (this + before * (1 - elapsed / 60)) / 60

    def as_json(self, minutes: Iterable[int], now: float) -> dict[str, Any]:
        """Return the fields that all rows have."""
        return {
            "lines": self.lines,
            "stored": self.stored,
            "errors": dict(sorted(self.errors.items())),
            "valid": self.valid,
            "last_event": iso8601(self.last_event // 1000) if self.last_event else None,
            **{
                f"{which.__name__}_per_second_1m": round(self.rate(which, now), 2)
                for which in NUMBERS
            },
            "minutes": [
                {"minute": iso8601(m * 60), **{which.__name__: which(numbers) for which in NUMBERS}}
                for m in minutes
                for numbers in [self.minutes.get(m, NONE)]
            ],
        }
