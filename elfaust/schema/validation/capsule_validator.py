"""Validation of capsules: a schema's event within what a dialect has around it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from copy import copy
from typing import Any

from elfaust.errors import EventFault
from elfaust.schema.dialect import Dialect
from elfaust.schema.validation import recursion, references
from elfaust.schema.validation.drafts import DRAFT3, closed_schema, draft_of
from elfaust.schema.validation.rust import CALM, compile_rust, guarded, passes
from elfaust.schema.validation.validator import Undecided, Validator


class CapsuleValidator:
    """Validates capsules by the schema of their event."""

    def __init__(self, event: dict[str, Any], dialect: Dialect) -> None:
        """Compile a schema; raises ValueError, saying why, where nothing can be validated by it."""
        self._event: Validator | None = None
        self._calm: Any = None
        guarded(self._compile, event, dialect)

    def _compile(self, event: dict[str, Any], dialect: Dialect) -> None:
        draft = draft_of(event)
        closed = references.unnamed(closed_schema(event, draft))
        refers = references.check(closed)
        if path := recursion.endless(closed):
            raise ValueError(f"{path}: it applies itself to the same value without end")
        if draft is not DRAFT3 or refers:
            # References start at the event's own root.
            self._event = Validator(closed, draft)
        of_event = {"required": True} if self._event else {**closed, "required": True}
        self._properties = {**dialect.properties, "event": of_event}
        try:
            self._compile_capsule()
        except ValueError:
            # The path of the fault from the event's own root.
            Validator(closed, draft)
            raise

    def _compile_capsule(self) -> None:
        capsule = {
            "type": "object",
            "additionalProperties": False,
            "properties": self._properties,
        }
        self._capsule = Validator(capsule)
        if self._capsule.rust is not None:
            self._calm = compile_rust({**capsule, **CALM}, DRAFT3)

    @property
    def is_compiled(self) -> bool:
        """Whether jsonschema-rs applies all of the schema."""
        return self._calm is not None and (self._event is None or self._event.rust is not None)

    def without(self, names: Collection[str]) -> CapsuleValidator:
        """Return a validator of capsules that lack properties of some names."""
        fewer = copy(self)
        fewer._properties = {n: of for n, of in self._properties.items() if n not in names}
        fewer._compile_capsule()
        return fewer

    def sources(self) -> tuple[tuple[str, str], tuple[str, str] | None]:
        """Return what jsonschema-rs compiles, as `source` of rust.py has it: the schema of the
        capsule, and that of the event if it is apart."""
        event = None if self._event is None else self._event.source()
        return self._capsule.source(), event

    def validate(self, capsule: dict[str, Any], plainly: bool = False) -> bool:
        """Raise EventFault, code `validation`, with the JSON path of the worst fault.

        `plainly` takes WorstFault's word where it has one.
        Returns whether it is known that no number of the event, seqId or timestamp passes
        CALM_NUMBER either way.
        """
        calm = passes(self._calm, capsule)
        if not calm:
            self._capsule.validate(capsule, (), plainly)
        if self._event is not None:
            self._event.validate(capsule["event"], ("event",), plainly)
        return calm

    @property
    def fits(self) -> Callable[[dict[str, Any]], bool]:
        """What tells that a capsule fits and is calm, where the schema is compiled.

        It may raise whatever jsonschema-rs does: what that means is for `fault` to find out.
        """
        calm: Callable[[dict[str, Any]], bool] = self._calm.is_valid
        event = self._event
        if event is None:
            return calm
        of_event = event.rust.is_valid
        return lambda capsule: calm(capsule) and of_event(capsule["event"])

    def fault(self, capsule: dict[str, Any]) -> EventFault:
        """Return the fault that `validate` raises of a capsule that does not fit.

        Raises Undecided where it takes `validate` to tell.
        """
        for validator, value, at in self.parts(capsule):
            fault = validator.fault(value, at)
            if fault is not None:
                return fault
        raise Undecided

    def parts(self, capsule: dict[str, Any]) -> Iterator[tuple[Validator, Any, tuple[str, ...]]]:
        """Yield the validators of a capsule, each with its value and the place of that in it."""
        yield self._capsule, capsule, ()
        if self._event is not None and "event" in capsule:
            yield self._event, capsule["event"], ("event",)
