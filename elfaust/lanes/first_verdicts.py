"""The first verdict on a line: as whoever had its lane before gave it, if anybody did."""

from __future__ import annotations

from elfaust.events.parsing import Parsed
from elfaust.events.verdict import Judge, Verdict
from elfaust.lanes.progress import Progress
from elfaust.lanes.waiting_lines import WaitingLines
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Kind, Registry


class FirstVerdicts:
    """Judges the lines of one lane as they come."""

    def __init__(
        self,
        judge: Judge,
        origin: str,
        registry: Registry,
        progress: Progress,
        waiting: WaitingLines,
        judged_to: int,
    ) -> None:
        """Lines before offset `judged_to` may have been judged by others."""
        self._judge = judge
        self._origin = origin
        self._registry = registry
        self._progress = progress
        self._waiting = waiting
        self._judged_to = judged_to

    def of(self, record: Record) -> Verdict | SchemaKey:
        """Return the verdict on a line, or the schema that it waits for."""
        found = self._judge.read(record, self._origin)
        # As nearly all lines are: nothing waits, and nobody has judged them before.
        if isinstance(found, Verdict) and not (self._waiting.size or self._progress.has_decided):
            return found
        given_up = self._progress.was_given_up(record.offset)
        if isinstance(found, Verdict):
            if given_up is None and found.key not in self._waiting.keys:
                return found
            found = self._judge.parse(record)
        if given_up is not None:
            return self._judge.without_schema(record, found, self._origin, given_up)
        if self._waiting.size and isinstance(found, Parsed) and found.key in self._waiting.keys:
            return found.key
        verdict = self._judge.verdict(record, found, self._origin)
        if verdict is None:
            assert isinstance(found, Parsed)
            return found.key
        if verdict.unknown and record.offset < self._judged_to and self._is_asking(verdict.key):
            # A predecessor that knew the schema did not mark it so: it would be counted twice.
            return verdict.key
        return verdict

    def _is_asking(self, key: SchemaKey) -> bool:
        return self._registry.state(key).kind is Kind.ASKING
