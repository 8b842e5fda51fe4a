"""What the start page shows: roles and topics, the last hour, and each schema by what is wrong.

Made of the counts, the overview of the workers and the marks of unusual rates, at one moment.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from elfaust.counts.row import Row, errors, stored, valid
from elfaust.counts.usual import Kind, Mark
from elfaust.counts.view import View
from elfaust.overview.overview import Overview
from elfaust.overview.worker_said import Lag
from elfaust.records import SchemaKey

#: Minutes of the chart; the one that is not over is not in it.
HOUR_MINUTES = 60
#: Seconds of lag from which on a schema or a role counts as late, as in alerts.yml.
LATE_SECONDS = 300.0
#: The role that counts.
COUNTING = "throughput"
#: How bad a schema stands that is held, marked as unusual, or late.
HELD, LATE = 9, 1
UNUSUAL: Mapping[Kind, int] = {"silent": 5, "errors": 4, "fewer": 3, "more": 2}
#: Seconds after which a number is shown with its time.
OLD_SECONDS = 10.0

NONE = (0, 0, 0)


class Wrong(NamedTuple):
    """What is wrong with a schema; the higher, the worse."""

    badness: int
    what: str


@dataclass(frozen=True)
class SchemaNow:
    """One schema revision as it stands."""

    schema: str
    revision: int
    topic: str
    lines: int
    stored: int
    valid: int
    errors: Mapping[str, int]
    #: ms since the epoch, 0 for never.
    last_event: int
    #: Over the last 60 seconds.
    valid_per_second: float
    errors_per_second: float
    #: In the last HOUR_MINUTES.
    hour_valid: int
    hour_errors: int
    #: Stored and errors of each minute shown, for the little chart.
    minutes: Sequence[tuple[int, int]]
    #: By role.
    lag: Mapping[str, Lag]
    wrong: Sequence[Wrong]
    #: Whether there is such a schema, as far as anybody here knows.
    is_known: bool

    @property
    def has_unusual_errors(self) -> bool:
        """Whether more of its lines than usual are errors."""
        return UNUSUAL["errors"] in (wrong.badness for wrong in self.wrong)

    @property
    def error_count(self) -> int:
        """Errors of all codes."""
        return sum(self.errors.values())

    @property
    def share(self) -> float:
        """The part of the last hour's lines that are errors, 0 to 1."""
        lines = self.hour_valid + self.hour_errors
        return self.hour_errors / lines if lines else 0.0

    @property
    def worst_lag(self) -> tuple[str, Lag] | None:
        """The role that is behind the most, by seconds and then by events."""
        return max(self.lag.items(), key=lambda one: (one[1].seconds, one[1].events), default=None)

    @property
    def badness(self) -> int:
        """How bad the worst is that is wrong with it; 0 for nothing."""
        return max((wrong.badness for wrong in self.wrong), default=0)


@dataclass(frozen=True)
class Board:
    """What the start page shows; times in Unix seconds."""

    now: float
    #: Until when the counts were read, and until when all that had come then was counted; 0 where
    #: nobody knows.
    read: float
    counted: float
    complete: bool
    overview: Overview | None
    schemas: Sequence[SchemaNow]
    #: Of all schema revisions, and of those that are not known.
    total: SchemaNow
    all_unknown: SchemaNow
    #: The start of the chart's first minute, and valid lines and errors of each of its minutes.
    hour_start: int = 0
    hour_valid: Sequence[int] = ()
    hour_errors: Sequence[int] = ()

    @property
    def known(self) -> list[SchemaNow]:
        """The schemas of which an event was ever read."""
        return [schema for schema in self.schemas if schema.is_known]

    @property
    def unknown(self) -> list[SchemaNow]:
        """Names that errors have, and of which nothing says that there is such a schema."""
        return [schema for schema in self.schemas if not schema.is_known]


class Beside(NamedTuple):
    """What is known beside the counts."""

    overview: Overview | None = None
    #: What is unusual of schema revisions.
    marks: Mapping[SchemaKey, Mark] = {}
    #: Schema revisions that there are, whether any event of them was valid or not.
    schemas: Collection[SchemaKey] = ()


class Minutes(NamedTuple):
    """Until when the counts are known, the minutes of the last hour, and those of little charts."""

    at: float
    hour: range
    shown: range


def board(view: View, beside: Beside, now: float, show: int) -> Board:
    """Return what is to be shown now, with `show` minutes in the little charts.

    Numbers over a time are those of the time until which the counts are known: nothing is 0
    because nobody counts.
    """
    counted = _counted(view.as_of, beside.overview)
    at = counted or now
    this = int(at // 60)
    minutes = Minutes(at, range(this - HOUR_MINUTES, this), range(this - show + 1, this + 1))
    lags = beside.overview.topics if beside.overview else {}
    held = _held(beside.overview)
    total, all_unknown, schemas = Row(), Row(), []
    for row in view.rows():
        total.add(row)
        key = SchemaKey(row.schema, row.revision)
        if not row.valid and key not in beside.schemas:
            all_unknown.add(row)
            schemas.append(_schema(row, minutes, {}, [], is_known=False))
            continue
        lag = lags.get(row.topic, {})
        wrong = list(_wrong(row, lag, held, beside.marks.get(key)))
        schemas.append(_schema(row, minutes, lag, wrong))
    return Board(
        now,
        view.as_of,
        counted,
        view.complete,
        beside.overview,
        schemas,
        _schema(total, minutes, {}, []),
        _schema(all_unknown, minutes, {}, [], is_known=False),
        minutes.hour.start * 60,
        [valid(total.minutes.get(minute, NONE)) for minute in minutes.hour],
        [errors(total.minutes.get(minute, NONE)) for minute in minutes.hour],
    )


def _counted(read: float, overview: Overview | None) -> float:
    """Return until when all is counted: what the counting role has not read yet is not."""
    lags = [role.lag for role in overview.roles if role.role == COUNTING] if overview else []
    open_since = [lag.measured - lag.seconds for lag in lags if lag and lag.seconds > OLD_SECONDS]
    return min([read, *open_since])


def _schema(
    row: Row,
    minutes: Minutes,
    lag: Mapping[str, Lag],
    wrong: Sequence[Wrong],
    *,
    is_known: bool = True,
) -> SchemaNow:
    in_hour = [numbers for minute, numbers in row.minutes.items() if minute in minutes.hour]
    shown = [row.minutes.get(minute, NONE) for minute in minutes.shown]
    return SchemaNow(
        row.schema,
        row.revision,
        row.topic,
        row.lines,
        row.stored,
        row.valid,
        dict(sorted(row.errors.items())),
        row.last_event,
        row.rate(valid, minutes.at),
        row.rate(errors, minutes.at),
        sum(map(valid, in_hour)),
        sum(map(errors, in_hour)),
        [(stored(numbers), errors(numbers)) for numbers in shown],
        lag,
        wrong,
        is_known,
    )


def _wrong(
    row: Row, lag: Mapping[str, Lag], held: frozenset[str], mark: Mark | None
) -> Iterator[Wrong]:
    """Yield what is wrong with a schema revision, the worst first."""
    if held.intersection({f"{row.schema}_{row.revision}", row.topic}):
        yield Wrong(HELD, "held")
    if mark:
        yield Wrong(UNUSUAL[mark.kind], mark.text)
    if late := [role for role, of in lag.items() if of.seconds >= LATE_SECONDS]:
        yield Wrong(LATE, f"late in {', '.join(late)}")


def _held(overview: Overview | None) -> frozenset[str]:
    """Return the words of what is held; schema revisions are as tables have them."""
    words: set[str] = set()
    for worker in overview.workers if overview else ():
        for trouble in worker.held:
            words.update(re.findall(r"[A-Za-z0-9_.-]+", trouble.why))
            named = re.findall(r"schema ([A-Za-z0-9_-]+), revision (\d+)", trouble.why)
            words.update("_".join(key) for key in named)
    return frozenset(words)
