"""The counts as people and programs look at them: by schema revision, fed by a changelog.

The JSON of a view, stable; times are UTC, in ISO 8601, null where there was none:

    {"generated": time, "complete": whether all that was counted so far is in it,
     "minutes": [start of each minute shown, oldest first; the last one is not over],
     "schemas": [{"schema": str, "revision": int, "topic": str, "lines": int, "stored": int,
                  "errors": {code: int}, "valid": int, "last_event": time,
                  "stored_per_second_1m": float, "errors_per_second_1m": float,
                  "valid_per_second_1m": float,
                  "minutes": [{"minute": its start, "stored": int, "errors": int, "valid": int}]}],
     "total": the same fields of all schema revisions, without schema, revision and topic}

Lines are stored or errors, never both. `valid` is what the processor passed: what is stored, or on
its way there, and what a sink refused.

Errors are listed under the schema revision that they name, `unknown` -1 included. A rate is that
of the last 60 seconds, taken as this minute's count and the part of the last minute's that is not
yet 60 seconds old.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from elfaust.counts.entry import CountKey
from elfaust.counts.tally import UNKNOWN_KEY, is_named
from elfaust.records import SchemaKey
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
#: How far minutes may be ahead of this machine's clock: as far as brokers take records.
AHEAD_MINUTES = 61


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


class View:
    """The current counts, fed entry by entry in the order of the changelog, from any lane.

    `show_minutes` is the number of minutes shown; `clock` gives Unix seconds.
    """

    def __init__(self, show_minutes: int = 15, clock: Callable[[], float] = time.time) -> None:
        self._show = show_minutes
        self._clock = clock
        self._rows: dict[SchemaKey, Row] = {}
        #: What each entry counted, and how much of it sinks refused, by minute, so that old minutes
        #: go in one piece.
        self._entries: defaultdict[int | None, dict[CountKey, tuple[int, int]]] = defaultdict(dict)
        self._kept = range(0)
        #: Whether the changelog was read to its end once.
        self.complete = False

    def apply(self, key: CountKey, value: Mapping[str, Any] | None) -> None:
        """Take in one entry as it is now; `value` None: it was deleted.

        Every value that was ever written counts a prefix of the same records, so one that counts
        less than what is here is an older one, written late by a worker that had lost the lane.
        """
        self._forget()
        if key.minute is not None and key.minute not in self._kept:
            return
        entries = self._entries[key.minute]
        before = entries.get(key, (0, 0))
        if value is None:
            entries.pop(key, None)
            self._change(key, -before[0], -before[1], 0)
        elif value["count"] >= before[0]:
            entries[key] = now = value["count"], value.get("refused", 0)
            self._change(key, now[0] - before[0], now[1] - before[1], value["last"])

    def _change(self, key: CountKey, by: int, refused: int, last: int) -> None:
        if not by:
            return
        schema = SchemaKey(key.schema, key.revision)
        if key.code and not is_named(*schema):
            schema = UNKNOWN_KEY
        row = self._rows.setdefault(schema, Row(*schema))
        if not key.code or not row.topic:
            row.topic = key.topic
        if key.minute is not None:
            numbers = row.minutes.setdefault(key.minute, list(NONE))
            numbers[1 if key.code else 0] += by
            numbers[2] += refused
            return
        row.last_event = max(row.last_event, last)
        row.refused += refused
        if key.code:
            row.errors[key.code] += by
            row.errors += Counter()  # A code of no errors is no code.
        else:
            row.valid += by

    def _oldest(self) -> int:
        return int(self._clock() // 60) - self._show + 1

    def _forget(self) -> None:
        """Drop the minutes that are shown no longer, once a minute: nobody may ever look."""
        this = int(self._clock() // 60)
        if self._kept.stop == this + AHEAD_MINUTES:
            return
        # A rate is made of two minutes, however few are shown.
        self._kept = range(min(self._oldest(), this - 1), this + AHEAD_MINUTES)
        for minute in [m for m in self._entries if m is not None and m not in self._kept]:
            del self._entries[minute]
            for row in self._rows.values():
                row.minutes.pop(minute, None)

    def rows(self) -> list[Row]:
        """Return the rows of all schema revisions, by name and revision."""
        self._forget()
        return [
            row for _, row in sorted(self._rows.items()) if row.valid or row.errors or row.minutes
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the view as the JSON that this module's docstring describes."""
        now, rows, total = self._clock(), self.rows(), Row()
        for row in rows:
            total.add(row)
        minutes = range(self._oldest(), self._oldest() + self._show)
        return {
            "generated": iso8601(int(now)),
            "complete": self.complete,
            "minutes": [iso8601(minute * 60) for minute in minutes],
            "schemas": [
                {"schema": row.schema, "revision": row.revision, "topic": row.topic}
                | row.as_json(minutes, now)
                for row in rows
            ],
            "total": total.as_json(minutes, now),
        }
