"""Verdicts: jsonschema-rs on the hot path, `jsonschema` for what it refuses.

EventLogging's schemas are JSON Schema draft 3, which jsonschema-rs does not know: they are
translated to draft 4, the nearest. `jsonschema` with the schema as written is the reference: it
words the errors and has the last word on what jsonschema-rs refuses.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs
from jsonschema import Draft3Validator
from referencing import Registry as References
from referencing.exceptions import Unresolvable

from elfaust.errors import EventFault

#: The capsule around every event, as EventLogging's EventCapsule schema has it.
CAPSULE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "schema": {"type": "string", "required": True},
        "revision": {"type": "integer", "required": True},
        "wiki": {"type": "string", "required": True},
        "webHost": {"type": "string"},
        "uuid": {"type": "string", "required": True},
        "recvFrom": {"type": "string", "required": True},
        "seqId": {"type": "integer"},
        "dt": {"type": "string"},
        "timestamp": {"type": "number"},
        "userAgent": {"type": "any"},
        "ip": {"type": "string"},
        "topic": {"type": "string"},
    },
}
#: Draft 3's keywords whose values are schemas, by how they hold them.
MAPS_OF_SCHEMAS = ("properties", "patternProperties", "definitions")
SCHEMAS = ("additionalProperties", "additionalItems", "items")


def encapsulate(event: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a capsule that holds events of a schema.

    Properties that a schema does not name are refused unless it says otherwise: EventLogging's
    departure from JSON Schema.
    """
    closed = {"additionalProperties": False, **event, "required": True}
    return {**CAPSULE, "properties": {**CAPSULE["properties"], "event": closed}}


class Validator:
    """Judges values by one draft 3 schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        """Compile a schema; raises ValueError for one that is none."""
        self._reference = Draft3Validator(schema, registry=References())
        self._fast = _compile(schema)

    def validate(self, capsule: dict[str, Any]) -> None:
        """Raise EventFault, code `validation`, with the JSON path of the first fault."""
        if self._fast is not None and self._fast.is_valid(capsule):
            return
        try:
            for error in self._reference.iter_errors(capsule):
                raise EventFault("validation", error.message, path=error.json_path)
        except Unresolvable as error:
            message = f"its schema refers to what is not in it: {error}"
            raise EventFault("validation", message) from error


def _compile(schema: dict[str, Any]) -> Any:
    """Return the fast validator, None where a schema has no translation that it accepts."""
    try:
        return jsonschema_rs.Draft4Validator(
            draft4(schema), validate_formats=False, retriever=_refuse_remote
        )
    except (ValueError, RecursionError):
        return None


def _refuse_remote(uri: str) -> Any:
    # jsonschema-rs reads files and URLs by default; a schema is no place to name them.
    raise ValueError(f"{uri} is not looked up")


def draft4(schema: Any) -> Any:
    """Translate a draft 3 schema to draft 4."""
    if not isinstance(schema, dict):
        return schema
    new = {key: _translate(key, value) for key, value in schema.items() if key not in DRAFT3_ONLY}
    properties = schema.get("properties", {})
    required = [name for name, of in properties.items() if of.get("required") is True]
    if required:
        new["required"] = required
    if "divisibleBy" in schema:
        new["multipleOf"] = schema["divisibleBy"]
    combined = [draft4(extended) for extended in _listed(schema.get("extends", []))]
    if "type" in schema:
        combined += _of_types(schema["type"])
    if "disallow" in schema:
        combined.append({"not": {"allOf": _of_types(schema["disallow"])}})
    if combined:
        new["allOf"] = combined
    return new


DRAFT3_ONLY = ("required", "divisibleBy", "extends", "disallow", "type", "$schema", "id")


def _translate(key: str, value: Any) -> Any:
    if key in MAPS_OF_SCHEMAS:
        return {name: draft4(of) for name, of in value.items()}
    if key == "dependencies":
        return {n: [of] if isinstance(of, str) else draft4(of) for n, of in value.items()}
    if key in SCHEMAS:
        return [draft4(of) for of in value] if isinstance(value, list) else draft4(value)
    return value


def _of_types(types: Any) -> list[dict[str, Any]]:
    """Return what allows a draft 3 `type`: nothing for `any`, one choice among several else."""
    choices = [draft4(t) if isinstance(t, dict) else {"type": t} for t in _listed(types)]
    if {"type": "any"} in choices:
        return [{}] if types != "any" else []
    return choices if len(choices) == 1 else [{"anyOf": choices}]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
