"""Validation: jsonschema-rs on the hot path, `jsonschema` for what it refuses.

`jsonschema` with the schema as its authors wrote it is the reference: it words the errors and has
the last word on what jsonschema-rs refuses. Neither takes more than a number of steps (steps.py,
patterns.py), and a schema on which one of them stumbles is found as it is compiled.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from jsonschema.exceptions import UnknownType, ValidationError, best_match, relevance
from referencing import Registry as References

from elfaust.boundary import unforeseen
from elfaust.errors import EventFault
from elfaust.schema.validation import draft3_check, patterns
from elfaust.schema.validation.drafts import DRAFT3, Draft
from elfaust.schema.validation.fault_words import FaultWords, fault_of
from elfaust.schema.validation.patterns import backtracks, patterns_of
from elfaust.schema.validation.rust import compile_rust, guarded, passes, source
from elfaust.schema.validation.steps import MAX_STEPS, TooManySteps, limited
from elfaust.schema.validation.worst_fault import NotPlain, WorstFault
from elfaust.words.hints import TOO_MANY_STEPS, UNFIT_SCHEMA

#: What `fault` leaves of the steps that a value may take: without the fields of a line a capsule
#: takes fewer, and must not have a verdict where all of it takes too many.
SPARED_STEPS = 100


class Undecided(Exception):
    """Only `validate` can tell whether a capsule fits its schema."""


class Validator:
    """Validates values by one schema."""

    def __init__(self, schema: dict[str, Any], draft: Draft = DRAFT3) -> None:
        """Compile a schema of a draft that has passed `references.check`.

        Raises ValueError for a schema by which nothing can be validated.
        """
        #: jsonschema-rs's validator, None where only `jsonschema` can apply the schema.
        self.rust: Any = None
        self._words = FaultWords()
        guarded(self._compile, schema, draft)

    def _compile(self, schema: dict[str, Any], draft: Draft) -> None:
        self._is_old = draft is DRAFT3
        self._source = schema, draft
        self._python = draft.python(schema, registry=References())
        try:
            rust = guarded(compile_rust, schema, draft)
        except ValueError:
            if draft is not DRAFT3:
                raise
            draft3_check.check(schema)
            rust = None
        patterns.check(schema)
        # Only `jsonschema` says so where a pattern gives up after so many steps.
        if not any(backtracks(pattern) for _, pattern in patterns_of(schema)):
            self.rust = rust

    def source(self) -> tuple[str, str]:
        """Return the schema as `source` of rust.py does."""
        return source(*self._source)

    def validate(self, value: Any, at: tuple[str, ...] = (), plainly: bool = False) -> None:
        """Raise EventFault, code `validation`, with the JSON path of the worst fault.

        `at` is where in the capsule the value stands. `plainly` takes WorstFault's word where it
        has one.
        """
        if passes(self.rust, value):
            return
        try:
            fault = self._fault(value, at, plainly)
        except EventFault:
            raise
        except Exception as error:
            fault = unforeseen(error, "validation")
        if fault is not None:
            raise fault

    def fault(self, value: Any, at: tuple[str, ...]) -> EventFault | None:
        """Return the worst fault of a value, None where it has none.

        Raises Undecided where the two validators differ, or one gives up.
        """
        try:
            return self._plain_fault(value, at)
        except NotPlain:
            pass
        if passes(self.rust, value):
            return None
        found, given_up = self.errors(value, MAX_STEPS - SPARED_STEPS)
        worst = None if given_up else best_match(found, key=error_weight)
        if worst is None:
            raise Undecided
        return fault_of(worst, at)

    @cached_property
    def _worst_fault(self) -> WorstFault:
        return WorstFault(self._python.schema if self._is_old else None)

    def _plain_fault(self, value: Any, at: tuple[str, ...]) -> EventFault | None:
        """Return the worst fault of a value, None where it has none.

        Raises NotPlain where WorstFault cannot tell. What it finds jsonschema-rs refuses as well.
        """
        worst = self._worst_fault.of(value)
        return None if worst is None else self._words.of(worst, at)

    def _fault(self, value: Any, at: tuple[str, ...], plainly: bool) -> EventFault | None:
        if plainly:
            try:
                return self._plain_fault(value, at)
            except NotPlain:
                pass
        found, given_up = self.errors(value)
        worst = best_match(found, key=error_weight)
        if worst is not None:
            more = (
                f" (and there may be worse faults: validating all of it takes {given_up})"
                if given_up
                else ""
            )
            return fault_of(worst, at, more)
        if given_up:
            message = f"validating it takes {given_up}"
            path = "$" + "".join(f".{name}" for name in at)
            return EventFault("validation", message, path=path, hint=TOO_MANY_STEPS)
        return None

    def errors(self, value: Any, steps: int = MAX_STEPS) -> tuple[list[ValidationError], str]:
        """Return what `jsonschema` finds, and after how many steps it gave up, "" where it did not.

        Raises EventFault for a type that nobody knows.
        """
        found: list[ValidationError] = []
        try:
            with limited(steps):
                # What is found before it gives up counts.
                found.extend(self._python.iter_errors(value))
        except TooManySteps as error:
            return found, str(error)
        except RecursionError:
            return found, "too many levels"
        except UnknownType as broken:
            message = f"its schema cannot be applied: {broken.type!r} is not a type"
            raise EventFault("validation", message, hint=UNFIT_SCHEMA) from broken
        return found, ""


def error_weight(error: ValidationError) -> tuple[Any, ...]:
    """Return how much of two errors of a value counts, as `best_match` has it."""
    types = error.schema.get("type") if isinstance(error.schema, dict) else None
    if isinstance(types, dict) or any(not isinstance(name, str) for name in types or ()):
        # `relevance` cannot compare draft 3's unions of schemas.
        error.schema = {}
    # Of two faults of one value its type says more than that it is not in a list.
    return (relevance(error), error.validator == "type")
