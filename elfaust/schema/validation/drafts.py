"""JSON Schema's drafts: which one a schema is written in, and the validators of each.

EventLogging's schemas name no draft and are draft 3, which jsonschema-rs does not know: they are
translated to draft 4, the nearest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jsonschema
import jsonschema_rs

from elfaust.schema.validation.bounded_jsonschema import bounded
from elfaust.schema.validation.patterns import of_python

Schema = dict[str, Any]
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


class Draft(NamedTuple):
    """A draft: `jsonschema`'s validator, jsonschema-rs's, and what makes a schema one of its."""

    name: str
    python: Any
    rust: Any
    translate: Callable[[Any], Any]


def draft_of(schema: Schema) -> Draft:
    """Return the draft that `$schema` names, draft 3 where it names none.

    Raises ValueError for one that is not known.
    """
    uri = schema.get("$schema", "")
    try:
        return DRAFTS[uri.removesuffix("#").replace("https:", "http:")]
    except (KeyError, AttributeError):
        known = ", ".join(dict.fromkeys(draft.name for draft in DRAFTS.values()))
        raise ValueError(f"$schema {uri!r} is none of the drafts {known}") from None


#: Draft 3's keywords whose values are schemas, by how they hold them.
MAPS_OF_SCHEMAS = ("properties", "definitions")
SCHEMAS = ("additionalProperties", "additionalItems", "items")
DRAFT3_ONLY = ("required", "divisibleBy", "extends", "disallow", "type", "$schema", "id")


def draft4(schema: Any) -> Any:
    """Translate a draft 3 schema to draft 4."""
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        # What stands beside a reference does not count.
        return {"$ref": schema["$ref"]}
    new = {key: _translate(key, value) for key, value in schema.items() if key not in DRAFT3_ONLY}
    properties = schema.get("properties", {})
    # Whatever Python takes for true: so did EventLogging.
    required = [name for name, of in properties.items() if of.get("required")]
    if required:
        new["required"] = required
    if isinstance(schema.get("pattern"), str):
        new["pattern"] = of_python(schema["pattern"])
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


def _translate(key: str, value: Any) -> Any:
    if key == "patternProperties":
        read = {of_python(name): draft4(of) for name, of in value.items()}
        # Two that become one are left to `jsonschema`.
        return read if len(read) == len(value) else value
    if key in MAPS_OF_SCHEMAS:
        return {name: draft4(of) for name, of in value.items()}
    if key == "dependencies":
        return {n: [of] if isinstance(of, str) else draft4(of) for n, of in value.items()}
    if key in SCHEMAS:
        return [draft4(of) for of in value] if isinstance(value, list) else draft4(value)
    return value


def _of_types(types: Any) -> list[Schema]:
    """Return what allows a draft 3 `type`: nothing for `any`, one choice among several else."""
    choices = [draft4(t) if isinstance(t, dict) else {"type": t} for t in _listed(types)]
    if {"type": "any"} in choices:
        return [{}] if types != "any" else []
    return choices if len(choices) == 1 else [{"anyOf": choices}]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _same(schema: Any) -> Any:
    return schema


DRAFT3 = Draft("03", bounded(jsonschema.Draft3Validator), jsonschema_rs.Draft4Validator, draft4)
DRAFTS = {
    "": DRAFT3,
    "http://json-schema.org/schema": DRAFT3,
    "http://json-schema.org/draft-03/schema": DRAFT3,
    "http://json-schema.org/draft-04/schema": Draft(
        "04", bounded(jsonschema.Draft4Validator), jsonschema_rs.Draft4Validator, _same
    ),
    "http://json-schema.org/draft-06/schema": Draft(
        "06", bounded(jsonschema.Draft6Validator), jsonschema_rs.Draft6Validator, _same
    ),
    "http://json-schema.org/draft-07/schema": Draft(
        "07", bounded(jsonschema.Draft7Validator), jsonschema_rs.Draft7Validator, _same
    ),
    "http://json-schema.org/draft/2019-09/schema": Draft(
        "2019-09",
        bounded(jsonschema.Draft201909Validator),
        jsonschema_rs.Draft201909Validator,
        _same,
    ),
    "http://json-schema.org/draft/2020-12/schema": Draft(
        "2020-12",
        bounded(jsonschema.Draft202012Validator),
        jsonschema_rs.Draft202012Validator,
        _same,
    ),
}


def closed_schema(event: Schema, draft: Draft) -> Schema:
    """Return an event's schema as it is meant: without keys that it does not name.

    EventLogging refused them unless the schema said otherwise; newer drafts may name properties
    in the schemas that they combine, whose keys are left to the schema.
    """
    is_open = draft is not DRAFT3 and any(keyword in event for keyword in COMBINING)
    return event if is_open else {"additionalProperties": False, **event}
