"""The only fault of a value by a plain draft 3 schema, without walking all of it with `jsonschema`.

Nearly all schemas of EventLogging are plain: objects whose properties have a type, perhaps a list
of texts, and are required or not. `jsonschema`'s own keywords word the fault, of the one part that
has it. What has several faults, or is not plain, is left to `jsonschema`.
"""

from __future__ import annotations

from typing import Any

from jsonschema import ValidationError

from elfaust.schema.validation.drafts import Schema

#: Types of draft 3 by name, and those of the values of JSON that are of them.
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "array": (list,),
    "any": (str, bool, int, float, dict, list, type(None)),
}
#: Keywords of plain schemas; the last three judge nothing.
_PLAIN = frozenset(
    (
        *("type", "enum", "required", "properties", "additionalProperties", "items"),
        *("description", "title", "default"),
    )
)
#: Members, or characters of a message: with more, the steps of the bound (steps.py) may run out.
_MOST_MEMBERS, _MOST_CHARS = 200, 1_000


class _NotPlain(Exception):
    """Only `jsonschema` can tell."""


def only_fault(validator: Any, value: Any) -> ValidationError | None:
    """Return the one error that a draft 3 validator has of a value.

    None where it has another number of them, or the schema or the value is not plain.
    """
    found: list[ValidationError] = []
    try:
        _look(validator, validator.schema, value, (), found)
    except _NotPlain:
        return None
    return found[0] if len(found) == 1 else None


def _look(
    validator: Any,
    schema: Schema,
    value: Any,
    path: tuple[str | int, ...],
    found: list[ValidationError],
) -> None:
    if type(schema) is not dict or not _PLAIN.issuperset(schema) or len(found) > 1:
        raise _NotPlain
    wanted = schema.get("type", "any")
    if type(wanted) is not str or wanted not in _TYPES:
        raise _NotPlain
    if type(value) not in _TYPES[wanted]:
        _add(validator, "type", schema, value, path, found)
    if "enum" in schema:
        _look_at_list(validator, schema, value, path, found)
    if type(value) is dict:
        _look_inside(validator, schema, value, path, found)
    elif type(value) is list and "items" in schema:
        if len(value) > _MOST_MEMBERS:
            raise _NotPlain
        for index, item in enumerate(value):
            _look(validator, schema["items"], item, (*path, index), found)


def _look_at_list(
    validator: Any,
    schema: Schema,
    value: Any,
    path: tuple[str | int, ...],
    found: list[ValidationError],
) -> None:
    listed = schema["enum"]
    # A number may equal one of another type.
    if type(listed) is not list or len(listed) > _MOST_MEMBERS or type(value) is not str:
        raise _NotPlain
    if value not in listed:
        _add(validator, "enum", schema, value, path, found)


def _look_inside(
    validator: Any,
    schema: Schema,
    value: dict[str, Any],
    path: tuple[str | int, ...],
    found: list[ValidationError],
) -> None:
    named, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    if type(named) is not dict or type(others) is not bool:
        raise _NotPlain
    if max(len(named), len(value)) > _MOST_MEMBERS:
        raise _NotPlain
    if not others and not value.keys() <= named.keys():
        _add(validator, "additionalProperties", schema, value, path, found)
    for name, of in named.items():
        if name in value:
            _look(validator, of, value[name], (*path, name), found)
        elif type(of) is not dict:
            raise _NotPlain
        elif needed := of.get("required", False):
            message = f"{name!r} is a required property"
            found.append(_error(message, "required", needed, value, schema, (*path, name)))


def _add(
    validator: Any,
    keyword: str,
    schema: Schema,
    value: Any,
    path: tuple[str | int, ...],
    found: list[ValidationError],
) -> None:
    """Add what `jsonschema` says of a part by one keyword."""
    of = schema[keyword]
    for error in validator.VALIDATORS[keyword](validator, of, value, schema) or ():
        if len(error.message) > _MOST_CHARS:
            raise _NotPlain
        found.append(_error(error.message, keyword, of, value, schema, path))


def _error(
    message: str, keyword: str, of: Any, value: Any, schema: Schema, path: tuple[str | int, ...]
) -> ValidationError:
    return ValidationError(
        message, validator=keyword, validator_value=of, instance=value, schema=schema, path=path
    )
