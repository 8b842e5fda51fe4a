"""`jsonschema` with a bound: its steps are counted.

Its keywords are as they were written, with three of the names that they use exchanged, and those
wrapped that raise on a schema which jsonschema-rs takes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import attrs
import jsonschema_rs
from jsonschema import ValidationError, _keywords, _legacy_keywords, _utils, validators

from elfaust.schema.validation.patterns import search
from elfaust.schema.validation.steps import A_STEP, Keyword, counted, spend

_UNIQUE = jsonschema_rs.Draft4Validator({"uniqueItems": True})


def bounded(validator: Any) -> Any:
    """Return a validator class of `jsonschema` that `steps.limited` bounds."""
    extend: Any = validators.extend
    keywords = {name: counted(name, _bound(of)) for name, of in validator.VALIDATORS.items()}
    made = extend(validator, keywords)
    fields = [(of.name, of.alias) for of in attrs.fields(made) if of.init]

    def evolve(self: Any, **changes: Any) -> Any:
        # attrs.evolve asks for the fields each time: for each part of a schema, of each value.
        for name, alias in fields:
            if alias not in changes:
                changes[alias] = getattr(self, name)
        return made(**changes)

    # `jsonschema` takes its own unbounded class for a part of the schema that has a `$schema`.
    made.evolve = evolve
    return made


def _uniq(items: list[Any]) -> bool:
    """Compare items in linear time where jsonschema-rs can hold them."""
    try:
        return _UNIQUE.is_valid(items)
    except ValueError:
        spend(len(items) ** 2 // A_STEP)
        return bool(_utils.uniq(items))


def _in_order(names: Iterable[Hashable]) -> dict[Hashable, None]:
    """Make a set whose order is the same in each process."""
    return dict.fromkeys(names)


def _names(module: ModuleType, **exchanged: object) -> dict[str, Any]:
    """Return the names that a module's functions see, their own included, some exchanged."""
    names = dict(vars(module))
    for name, function in vars(module).items():
        if isinstance(function, FunctionType) and function.__module__ == module.__name__:
            names[name] = FunctionType(function.__code__, names, name, function.__defaults__)
    names.update(exchanged)
    return names


def _with_items_of_one_schema(function: Callable[..., Any]) -> Callable[..., Any]:
    """Have `items` that are true or false be a schema: `jsonschema` asks how many they are.

    Its function takes the schema in which they stand as its last argument.
    """

    def called(*arguments: Any) -> Any:
        *others, schema = arguments
        if isinstance(schema, dict) and isinstance(schema.get("items"), bool):
            schema = {**schema, "items": {}}
        return function(*others, schema)

    return called


def _with_a_consequence(function: Keyword) -> Keyword:
    """Leave an `if` without `then` and `else` alone: a reference in it may lead nowhere."""

    def called(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        if "then" in schema or "else" in schema:
            return function(validator, value, instance, schema)
        return None

    return called


#: Types of draft 3 by name, and those of the values of JSON that are of them.
_PLAIN_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
#: Keywords of a property that is valid if it is of its type and listed, or left out.
_PLAIN = frozenset(("type", "enum", "required", "description", "title", "default"))


def _plain_type(schema: Any) -> str:
    """Return the type of a property of which only that and `enum` are judged, "" for others."""
    if type(schema) is not dict or not _PLAIN.issuperset(schema):
        return ""
    wanted = schema.get("type")
    return wanted if type(wanted) is str and wanted in _PLAIN_TYPES else ""


def _plain_properties(properties_of: Keyword) -> Keyword:
    """Have draft 3's `properties` judge those of a plain type by itself, each in its one step.

    Nearly all are, and `jsonschema` makes a validator for each.
    """

    def called(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        if type(instance) is not dict:
            yield from properties_of(validator, value, instance, schema) or ()
            return
        for name, of in value.items():
            wanted = _plain_type(of)
            if wanted and "enum" in of and name in instance:
                if not _is_listed(instance[name], wanted, of["enum"]):
                    yield from properties_of(validator, {name: of}, instance, schema) or ()
            elif wanted and name in instance:
                spend(1)
                if type(instance[name]) not in _PLAIN_TYPES[wanted]:
                    yield _not_of_type(wanted, name, instance[name], of, validator.TYPE_CHECKER)
            elif name in instance or not wanted or of.get("required", False):
                yield from properties_of(validator, {name: of}, instance, schema) or ()

    return called


def _is_listed(value: Any, wanted: str, values: Any) -> bool:
    """Tell whether a value is a text that an `enum` of texts has, in the steps that it takes."""
    if type(value) is not str or wanted != "string" or type(values) is not list:
        return False
    if value not in values:
        return False
    spend(2 + len(values) // A_STEP)
    return True


def _not_of_type(wanted: str, name: str, value: Any, schema: Any, checker: Any) -> ValidationError:
    return ValidationError(
        f"{value!r} is not of type {wanted!r}",
        validator="type",
        path=(name,),
        validator_value=wanted,
        instance=value,
        schema=schema,
        schema_path=(name, "type"),
        type_checker=checker,
    )


_EXCHANGED = {"re": SimpleNamespace(search=search), "uniq": _uniq, "set": _in_order}
_OF_UTILS = _names(_utils, **_EXCHANGED)
_HELPERS = {
    name: _OF_UTILS[name]
    for name, found in vars(_keywords).items()
    if getattr(found, "__module__", "") == _utils.__name__
}
_NEWER = _names(_keywords, **{**_HELPERS, **_EXCHANGED})
_OLDER = _names(_legacy_keywords, **_EXCHANGED, _utils=SimpleNamespace(**_OF_UTILS))
_NEWER["if_"] = _with_a_consequence(_NEWER["if_"])
for _name in ("additionalItems", "find_evaluated_item_indexes_by_schema"):
    _OLDER[_name] = _with_items_of_one_schema(_OLDER[_name])
_OLDER["properties_draft3"] = _plain_properties(_OLDER["properties_draft3"])
_KEYWORDS = {_keywords.__name__: _NEWER, _legacy_keywords.__name__: _OLDER}


def _bound(keyword: Any) -> Keyword:
    found: Keyword = _KEYWORDS[keyword.__module__][keyword.__name__]
    return found
