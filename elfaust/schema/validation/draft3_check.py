"""Finds draft 3 schemas that would break their validator, before any event comes.

Nobody checked EventLogging's schemas, and some that no draft allows can still validate events:
those with types that nobody knows, or with keywords of other drafts. So each part is tried on a
value of each type, and only a schema that makes the validator raise is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema.exceptions import UnknownType

from elfaust.schema.validation.drafts import DRAFT3, Schema
from elfaust.schema.validation.references import Keys, json_path, parts_of, target
from elfaust.schema.validation.steps import TooManySteps, limited

#: Keywords that hold parts by which the validator judges.
JUDGING = (
    "properties",
    "patternProperties",
    "additionalProperties",
    "items",
    "additionalItems",
    "extends",
    "type",
    "disallow",
    "dependencies",
)
#: Those that hold nothing but schemas, by name.
SCHEMAS_BY_NAME = ("properties", "patternProperties")
#: Steps that the trial of one part may take.
MAX_STEPS = 100_000


def check(schema: Schema) -> None:
    """Raise ValueError, with the JSON path of the part, where the validator raises anything.

    `schema` has passed `references.check`. A type that nobody knows is left to events: those that
    leave the property out can be judged.
    """
    validator = DRAFT3.python(schema)
    parts = list(_parts(schema, schema, (), set()))
    for keys, part in parts:
        if not isinstance(part, dict):
            raise ValueError(f"{json_path(keys)}: {part!r} is not a schema")
    # What is wrong deep down is reported there.
    for keys, part in reversed(parts):
        of_part, samples = validator.evolve(schema=part), _samples(part)
        for keyword, value in part.items():
            if keyword in validator.VALIDATORS and keyword != "$ref":
                _try(of_part, keyword, value, samples, keys)


def _try(validator: Any, keyword: str, value: Any, samples: list[Any], keys: Keys) -> None:
    for sample in samples:
        try:
            with limited(MAX_STEPS):
                list(validator.VALIDATORS[keyword](validator, value, sample, validator.schema))
        except (UnknownType, TooManySteps):
            continue
        except Exception as error:
            path = json_path((*keys, keyword))
            raise ValueError(f"{path}: {value!r} cannot be applied: {error}") from error


def _parts(root: Schema, part: Any, keys: Keys, seen: set[int]) -> Iterator[tuple[Keys, Any]]:
    if id(part) in seen:
        return
    if isinstance(part, dict):
        seen.add(id(part))
    yield keys, part
    if not isinstance(part, dict):
        return
    if isinstance(part.get("$ref"), str):
        yield from _parts(root, target(root, part["$ref"]), (*keys, "$ref"), seen)
        return
    for inner, of in parts_of(part):
        # Of other kinds are types by name, `false`, and what the part itself is tried with.
        if inner[0] in JUDGING and (isinstance(of, dict) or inner[0] in SCHEMAS_BY_NAME):
            yield from _parts(root, of, (*keys, *inner), seen)


def _samples(part: Schema) -> list[Any]:
    names = [
        name
        for keyword in ("properties", "dependencies")
        if isinstance(part.get(keyword), dict)
        for name in part[keyword]
    ]
    return [None, True, 1, 1.5, "", "a", [], [None, None], {}, {"a": None}, dict.fromkeys(names)]
