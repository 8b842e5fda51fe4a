"""What became of the lines of a batch, counted when the batch is committed.

What is not committed comes again, to this worker or another, and is counted there. So each raw line
is counted once, and lines are results and repeats together, in each process and over all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from elfaust.counts.tally import is_named
from elfaust.events.verdict import Verdict
from elfaust.metrics.table import EVENTS, RAW_LINES, REPEATED_LINES, VALID, VALID_LINES
from elfaust.metrics.values import UNKNOWN, begin_schemas, count
from elfaust.records import SchemaKey


@dataclass(eq=False, slots=True)
class Outcomes:
    """What became of the `lines` of a batch of a raw topic."""

    topic: str
    lines: int
    #: Lines that a forwarder had sent before.
    repeats: int = 0
    _events: Counter[SchemaKey] = field(default_factory=Counter)
    _errors: Counter[tuple[SchemaKey, str]] = field(default_factory=Counter)

    def settle(self, verdicts: Collection[Verdict]) -> None:
        """Note lines that are in Kafka as what their verdicts say."""
        events = [verdict.key for verdict in verdicts if verdict.fault is None]
        self._events.update(events)
        if len(events) < len(verdicts):
            self._errors.update([_error(verdict) for verdict in verdicts if verdict.fault])

    def count(self) -> None:
        """Count them: the batch is committed."""
        count(RAW_LINES, self.lines, self.topic)
        count(VALID_LINES, self._events.total(), self.topic)
        count(REPEATED_LINES, self.repeats, self.topic)
        begin_schemas({*self._events, *(key for key, _ in self._errors)})
        for key, lines in self._events.items():
            _count(key, VALID, lines)
        for (key, code), lines in self._errors.items():
            _count(key, code, lines)


def _count(key: SchemaKey, result: str, lines: int) -> None:
    count(EVENTS, lines, key.schema, str(key.revision), result)


def _error(verdict: Verdict) -> tuple[SchemaKey, str]:
    """Return what an EventError is counted under: by the rule of the table of counts."""
    named = not verdict.unknown and is_named(*verdict.key)
    return verdict.key if named else UNKNOWN, verdict.code
