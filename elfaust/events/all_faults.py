"""Every fault of a line that was refused: an EventError tells the worst, people want them all."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jsonschema.exceptions import best_match

from elfaust.errors import EventFault
from elfaust.events.parsing import Parsed
from elfaust.events.verdict import Judge, Verdict
from elfaust.records import Record
from elfaust.schema.lookup.registry import Registry
from elfaust.schema.suggestions import suggest, suggest_schema
from elfaust.schema.validation.fault_words import fault_of
from elfaust.schema.validation.validator import Validator, error_weight

#: Names of schemas that nobody knows of which what is near is remembered.
MAX_NAMES = 10_000


class AllFaults:
    """Tells every fault of lines; their hints also ask for what is near to what was sent."""

    def __init__(self, registry: Registry) -> None:
        """Tell of lines whose schemas a registry has looked up."""
        self._registry = registry
        known = registry.known()
        self._near = lru_cache(MAX_NAMES)(lambda key: suggest_schema(key, known))

    def of(self, judge: Judge, record: Record, verdict: Verdict) -> list[EventFault]:
        """Return the faults of a line by who has judged it, the verdict's own first.

        An event has none.
        """
        first = verdict.fault
        if first is None:
            return []
        if verdict.unknown:
            first.hint = _joined(first.hint, self._near(verdict.key))
        return self._all(judge, record, first.code) or [first]

    def _all(self, judge: Judge, record: Record, code: str) -> list[EventFault]:
        found = judge.parse(record)
        schema = self._registry.get(found.key) if isinstance(found, Parsed) else None
        if schema is None or not isinstance(found, Parsed):
            return []
        faults: list[EventFault] = []
        if code == "validation":
            parts = schema.validator.parts(found.capsule)
            faults = [fault for part in parts for fault in faults_of(*part)]
        elif code == "consumer":
            faults = list(judge.unstorable(schema, found.capsule))
        for fault in faults:
            fault.schema, fault.revision = found.key
        return faults


def faults_of(validator: Validator, value: Any, at: tuple[str, ...]) -> list[EventFault]:
    """Return every fault of a value, the one that `Validator.validate` raises first."""
    try:
        validator.validate(value, at)
    except EventFault as raised:
        first = raised
    else:
        return []
    try:
        found, _ = validator.errors(value)
    except Exception:
        # The judge itself fails on it, and the first says so.
        return [first]
    worst = best_match(found, key=error_weight)
    if worst is not None:
        first.hint = _joined(first.hint, suggest(worst))
    faults = [first]
    for error in found:
        deepest = best_match([error], key=error_weight)
        if deepest is not None and deepest is not worst:
            fault = fault_of(deepest, at)
            fault.hint = _joined(fault.hint, suggest(deepest))
            faults.append(fault)
    return faults


def _joined(hint: str, more: str) -> str:
    return f"{hint} {more}".strip()
