"""The counts as people and programs look at them: by schema revision, fed by a changelog.

The JSON of a view, stable; times are UTC, in ISO 8601, null where there was none:

    {"generated": time, "as_of": until when what was counted is in it,
     "complete": whether all that was counted before it was first asked for is in it,
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
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from elfaust.counts.entry import MINUTES, CountKey
from elfaust.counts.hours import Hours
from elfaust.counts.row import NONE, Row
from elfaust.counts.tally import UNKNOWN_KEY, is_named
from elfaust.records import SchemaKey
from elfaust.times import iso8601

#: Of a minute, by schema revision and code ("" for valid events): what was counted, and how much of
#: it sinks refused.
MinuteCounts = Mapping[tuple[SchemaKey, str], tuple[int, int]]


class Change(NamedTuple):
    """The last change of a minute's counts."""

    #: How many changes there were with it.
    number: int
    #: Unix seconds at which it was written to Kafka.
    written: float


#: How far minutes may be ahead of this machine's clock: as far as brokers take records.
AHEAD_MINUTES = 61


class View:
    """The current counts, fed entry by entry in the order of the changelog, from any lane.

    `show_minutes` is the number of minutes shown, `keep_minutes` the number of those that `minute`
    knows, if that is more; `clock` gives Unix seconds. `hours` has the counts by the hour.
    """

    def __init__(
        self,
        show_minutes: int = 15,
        clock: Callable[[], float] = time.time,
        keep_minutes: int = 0,
    ) -> None:
        self._show = show_minutes
        self._keep = max(show_minutes, keep_minutes)
        self._clock = clock
        #: The last change of each minute that is kept and was ever counted.
        self.changes: dict[int, Change] = {}
        self.hours = Hours()
        self._rows: dict[SchemaKey, Row] = {}
        #: What each entry counted, and how much of it sinks refused, by minute, so that old minutes
        #: go in one piece.
        self._entries: defaultdict[int | None, dict[CountKey, tuple[int, int]]] = defaultdict(dict)
        self._kept = range(0)
        #: Whether the changelog was read to its end once.
        self.complete = False
        #: Until when what was counted is in it, Unix seconds; 0 where nobody knows.
        self.as_of = 0.0

    def apply(self, key: CountKey, value: Mapping[str, Any] | None, written: float = 0.0) -> None:
        """Take in one entry as it is now; `value` None: it was deleted.

        `written` is when Kafka got it, Unix seconds.

        Every value that was ever written counts a prefix of the same records, so one that counts
        less than what is here is an older one, written late by a worker that had lost the lane.
        """
        self._forget()
        if key.hour is not None:
            self.hours.put(_row_of(key), key, value)
            self._put_minutes(key, key.hour, value, written)
        elif key.minute is None or key.minute in self._kept:
            self._put(key, value, written)

    def _put_minutes(
        self, key: CountKey, hour: int, value: Mapping[str, Any] | None, written: float
    ) -> None:
        """Take in the minutes of an hour.

        They are beside those that older versions kept as entries of their own.
        """
        first = hour * MINUTES
        if first >= self._kept.stop or first + MINUTES <= self._kept.start:
            return
        counts = (value.get("minutes") if value else None) or [0] * MINUTES
        refused = (value.get("refused_minutes") if value else None) or [0] * MINUTES
        for minute, (count, of_sinks) in enumerate(zip(counts, refused, strict=True), first):
            if minute not in self._kept:
                continue
            if value is None:
                self._put(key._replace(minute=minute), None, written)
            elif count:
                now = {"count": count, "refused": of_sinks, "last": 0}
                self._put(key._replace(minute=minute), now, written)

    def _put(self, key: CountKey, value: Mapping[str, Any] | None, written: float) -> None:
        entries = self._entries[key.minute]
        before = entries.get(key, (0, 0))
        if value is None:
            entries.pop(key, None)
            self._change(key, -before[0], -before[1], 0)
        elif value["count"] >= before[0]:
            entries[key] = now = value["count"], value.get("refused", 0)
            self._change(key, now[0] - before[0], now[1] - before[1], value["last"])
            if key.minute is not None and now != before:
                number, last = self.changes.get(key.minute, (0, 0.0))
                self.changes[key.minute] = Change(number + 1, max(last, written))

    def _change(self, key: CountKey, by: int, refused: int, last: int) -> None:
        if not by:
            return
        schema = _row_of(key)
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
        self._kept = range(min(this - self._keep + 1, this - 1), this + AHEAD_MINUTES)
        for minute in [m for m in self._entries if m is not None and m not in self._kept]:
            del self._entries[minute]
            self.changes.pop(minute, None)
            for row in self._rows.values():
                row.minutes.pop(minute, None)
        self.hours.forget(this // 60)

    def minute(self, minute: int) -> MinuteCounts:
        """Return what was counted in a minute since the epoch, of all lanes."""
        self._forget()
        sums: dict[tuple[SchemaKey, str], tuple[int, int]] = {}
        for key, (count, refused) in self._entries.get(minute, {}).items():
            of = _row_of(key), key.code
            before = sums.get(of, (0, 0))
            sums[of] = before[0] + count, before[1] + refused
        return sums

    def rows(self) -> list[Row]:
        """Return the rows of all schema revisions, by name and revision."""
        self._forget()
        return [
            row for _, row in sorted(self._rows.items()) if row.valid or row.errors or row.minutes
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the view as the JSON that this module's docstring describes."""
        rows, total = self.rows(), Row()
        # Nothing is 0 because nobody counts: rates are of when the counts were known.
        now = min(self._clock(), self.as_of or self._clock())
        for row in rows:
            total.add(row)
        minutes = range(self._oldest(), self._oldest() + self._show)
        return {
            "generated": iso8601(int(self._clock())),
            "as_of": iso8601(int(self.as_of)) if self.as_of else None,
            "complete": self.complete,
            "minutes": [iso8601(minute * 60) for minute in minutes],
            "schemas": [
                {"schema": row.schema, "revision": row.revision, "topic": row.topic}
                | row.as_json(minutes, now)
                for row in rows
            ],
            "total": total.as_json(minutes, now),
        }


def _row_of(key: CountKey) -> SchemaKey:
    return _of_errors(key.schema, key.revision) if key.code else SchemaKey(*key[2:4])


@lru_cache(maxsize=4096)
def _of_errors(schema: str, revision: int) -> SchemaKey:
    return SchemaKey(schema, revision) if is_named(schema, revision) else UNKNOWN_KEY
