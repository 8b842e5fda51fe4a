"""Verdicts: jsonschema-rs on the hot path, `jsonschema` for what it refuses.

`jsonschema` with the schema as its authors wrote it is the reference: it words the errors and has
the last word on what jsonschema-rs refuses.
"""

from __future__ import annotations

from typing import Any

from jsonschema.exceptions import SchemaError, ValidationError, best_match, relevance
from referencing import Registry as References

from elfaust import references
from elfaust.dialect import Dialect
from elfaust.drafts import DRAFT3, Draft, draft_of
from elfaust.errors import EventFault
from elfaust.hints import UNFIT_SCHEMA, hint, path_of

#: With one of these a schema's own properties are not all that it knows.
COMBINING = (
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "patternProperties",
    "dependentSchemas",
    "unevaluatedProperties",
)


class Validator:
    """Judges values by one schema."""

    def __init__(self, schema: dict[str, Any], draft: Draft = DRAFT3) -> None:
        """Compile a schema of a draft that has passed `references.check`."""
        self._reference = draft.reference(schema, registry=References())
        self._fast = _compile(schema, draft)

    def validate(self, value: Any, at: tuple[str, ...] = ()) -> None:
        """Raise EventFault, code `validation`, with the JSON path of the worst fault.

        `at` is where in the capsule the value stands.
        """
        try:
            if self._fast is not None and self._fast.is_valid(value):
                return
        except ValueError:
            # An integer past what jsonschema-rs can hold.
            pass
        try:
            error = best_match(self._reference.iter_errors(value), key=_weight)
        except Exception as broken:
            # A schema comes from outside, and what it can break in its judge has no end.
            message = f"its schema cannot judge it: {broken!r}"
            raise EventFault("validation", message, hint=UNFIT_SCHEMA) from broken
        if error is not None:
            path = path_of(error, at)
            raise EventFault("validation", error.message, path=path, hint=hint(error, path))


class CapsuleValidator:
    """Judges capsules by the schema of their event."""

    def __init__(self, event: dict[str, Any], dialect: Dialect) -> None:
        """Compile a schema; raises ValueError, saying why, for one by which nobody can judge."""
        draft = draft_of(event)
        refers = references.check(event)
        if draft is not DRAFT3:
            _check(event, draft)
        closed = event if _is_open(event, draft) else {"additionalProperties": False, **event}
        self._event: Validator | None = None
        if draft is DRAFT3 and not refers:
            of_event = {**closed, "required": True}
        else:
            # References start at the event's own root.
            of_event, self._event = {"required": True}, Validator(closed, draft)
        self._capsule = Validator(
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {**dialect.properties, "event": of_event},
            }
        )

    def validate(self, capsule: dict[str, Any]) -> None:
        """Raise EventFault, code `validation`, with the JSON path of the worst fault."""
        self._capsule.validate(capsule)
        if self._event is not None:
            self._event.validate(capsule["event"], ("event",))


def _weight(error: ValidationError) -> tuple[Any, ...]:
    # Of two faults of one value its type says more than that it is not in a list.
    return (relevance(error), error.validator == "type")


def _is_open(event: dict[str, Any], draft: Draft) -> bool:
    """Tell whether properties that a schema does not name are left to it.

    EventLogging refused them unless the schema said otherwise; newer drafts may name properties
    in the schemas that they combine.
    """
    return draft is not DRAFT3 and any(keyword in event for keyword in COMBINING)


def _check(event: dict[str, Any], draft: Draft) -> None:
    try:
        draft.reference.check_schema(event)
    except SchemaError as error:
        raise ValueError(f"{error.json_path}: {error.message}") from error


def _compile(schema: dict[str, Any], draft: Draft) -> Any:
    """Return the fast validator, None where a schema has no translation that it accepts."""
    try:
        return draft.fast(draft.translate(schema), validate_formats=False, retriever=_refuse_remote)
    except (ValueError, RecursionError, AttributeError, TypeError):
        return None


def _refuse_remote(uri: str) -> Any:
    # jsonschema-rs reads files and URLs by default; a schema is no place to name them.
    raise ValueError(f"{uri} is not looked up")
