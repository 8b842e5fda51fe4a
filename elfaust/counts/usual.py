"""What is unusual of a schema revision now, by its counts of the last eight days.

Of valid events, the last whole hour is compared with the median of the same hour on the seven days
before, and with the same hour a week ago. It is unusual if it differs from both by more than 5 %
and by more than four times the root of the number: that many events differ by chance. A schema
revision without events eight days ago is too young for that.

Of errors, their share of the last minutes is compared with that of all hours before, in the same
way; where too little is known of those, half of the lines may be errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import sqrt
from statistics import median
from typing import Literal, NamedTuple

from elfaust.counts.hours import KEPT
from elfaust.counts.row import Numbers, Row, errors, stored, valid
from elfaust.counts.tally import UNKNOWN_KEY
from elfaust.counts.view import View
from elfaust.records import SchemaKey
from elfaust.times import iso8601

#: In the order in which they are told.
Kind = Literal["silent", "errors", "fewer", "more"]
KINDS: tuple[Kind, ...] = ("silent", "errors", "fewer", "more")
#: How long after its end an hour is counted to the end, in seconds.
SETTLED = 300
DAY, WEEK = 24, 168
#: Hours that may be newer than the last whole one: the present one, and one that is not settled.
NEWER = 2
#: Hours without an event that are added up until they are too many to be chance.
SILENT_HOURS = 24
#: Minutes of which errors are judged.
ERROR_MINUTES = 15
#: What differs by less is usual: a part, and times the root of the larger number.
PART, ROOTS = 0.05, 4.0
#: The usual share of errors where fewer lines than that are known.
FEW_LINES, UNKNOWN_SHARE = 100, 0.5


class Usual(NamedTuple):
    """What a schema revision has had lately, and what is usual."""

    #: The last whole hour since the epoch, and its valid events.
    hour: int
    events: int
    #: The median of this hour on the days before, and this hour a week ago; None of young ones.
    usual: float | None
    week_ago: int | None
    #: How many whole hours up to `hour` had no event, 0 if there was one since; and how many events
    #: were to be expected in them, by the days before or by the week before, whichever is less.
    silent_hours: int
    missed: float
    #: Lines of the last minutes, how many of them are errors, and which share is usual; None where
    #: too little is known.
    lines: int
    errors: int
    error_share: float | None

    @property
    def kinds(self) -> list[Kind]:
        """What is unusual."""
        found: list[Kind] = []
        if self.silent_hours and _differ(0, self.missed):
            found.append("silent")
        share = UNKNOWN_SHARE if self.error_share is None else self.error_share
        expected = share * self.lines
        if self.errors > expected + PART * self.lines and _differ(self.errors, expected):
            found.append("errors")
        if self.usual is None or self.week_ago is None or "silent" in found:
            return found
        if _differ(self.events, self.usual) and _differ(self.events, self.week_ago):
            if self.events < min(self.usual, self.week_ago):
                found.append("fewer")
            if self.events > max(self.usual, self.week_ago):
                found.append("more")
        return found

    @property
    def text(self) -> str:
        """What is unusual, in words; empty if nothing is."""
        since = iso8601((self.hour + 1 - self.silent_hours) * 3600)
        share = "" if self.error_share is None else f", usually {100 * self.error_share:.3g} %"
        usual = f"usually {self.usual or 0:,.0f}, a week ago {self.week_ago or 0:,}"
        hour = f"{self.events:,} events in the hour from {iso8601(self.hour * 3600)}, {usual}"
        part = 100 * self.errors / max(1, self.lines)
        texts = {
            "silent": f"no event since {since}, usually {self.missed:,.0f} in that time",
            "errors": f"{part:.3g} % errors in {ERROR_MINUTES} minutes{share}",
            "fewer": hour,
            "more": hour,
        }
        return "; ".join(texts[kind] for kind in self.kinds)


class Mark(NamedTuple):
    """What is unusual of a schema revision: the worst of it, and all of it in words."""

    kind: Kind
    text: str


def usual(view: View, now: float) -> dict[SchemaKey, Usual]:
    """Return what is usual of each schema revision that is known at `now`, Unix seconds."""
    rows = {SchemaKey(row.schema, row.revision): row for row in view.rows()}
    keys = sorted(view.hours.rows().union(rows) - {UNKNOWN_KEY})
    return {key: _usual(view, key, rows.get(key, Row()), now) for key in keys}


def marks(view: View, now: float) -> Mapping[SchemaKey, Mark]:
    """Return what is unusual at `now`, of the schema revisions of which something is.

    Nothing is unusual of counts that are not complete. Those of a role that is behind look as if
    events were missing: whoever shows the marks shows its lag beside them.
    """
    if not view.complete:
        return {}
    found = {key: (of.kinds, of.text) for key, of in usual(view, now).items()}
    return {key: Mark(kinds[0], text) for key, (kinds, text) in found.items() if kinds}


def _usual(view: View, key: SchemaKey, row: Row, now: float) -> Usual:
    hour = int((now - SETTLED) // 3600) - 1
    # The oldest hour first; the last one is `hour`.
    numbers = view.hours.numbers(key, range(hour - KEPT + 1, hour + 1))
    hours = list(map(valid, numbers))
    is_old = any(hours[:-WEEK])
    # An event after that hour ends the silence.
    goes_on = any(map(valid, view.hours.numbers(key, range(hour + 1, hour + 1 + NEWER))))
    silent, missed, missed_week = 0, 0.0, 0
    while silent < SILENT_HOURS and not hours[-1 - silent]:
        missed += _median(hours, silent)
        missed_week += hours[-1 - silent - WEEK]
        silent += 1
    this = int(now // 60)
    lately = [row.minutes[m] for m in range(this - ERROR_MINUTES, this + 1) if m in row.minutes]
    before = _lines(numbers)
    return Usual(
        hour,
        hours[-1],
        _median(hours, 0) if is_old else None,
        hours[-1 - WEEK] if is_old else None,
        silent if is_old and not goes_on else 0,
        min(missed, missed_week),
        _lines(lately),
        sum(map(errors, lately)),
        sum(map(errors, numbers)) / before if before >= FEW_LINES else None,
    )


def _lines(numbers: Iterable[Numbers]) -> int:
    return sum(stored(of) + errors(of) for of in numbers)


def _median(hours: list[int], back: int) -> float:
    """Return the median, on the seven days before, of the hour that is so many hours back."""
    return median(hours[-1 - back - day] for day in range(DAY, WEEK + 1, DAY))


def _differ(number: float, other: float) -> bool:
    """Tell whether two numbers differ by more than chance does."""
    by = abs(number - other)
    return by > PART * other and by > ROOTS * sqrt(max(number, other))
