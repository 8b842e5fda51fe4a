"""The only fault of a value by a plain draft 3 schema, without walking all of it with `jsonschema`.

Nearly all schemas of EventLogging are plain: objects whose properties have a type, perhaps a list
of texts, and are required or not. The fault is worded as `jsonschema` words it, which
test_only_fault.py holds. What has several faults, or is not plain, is left to `jsonschema`.
"""

from __future__ import annotations

from dataclasses import dataclass
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
#: Keywords of plain schemas that judge what is within a value.
_INNER = frozenset(("properties", "additionalProperties", "items"))
#: Those and all others; the last three judge nothing.
_PLAIN = _INNER | {"type", "enum", "required", "description", "title", "default"}
#: Members that a value and the parts of its schema may have together, texts of a list, characters
#: of a message: with more, the steps of the bound (steps.py) may run out. A member takes 7 at most
#: and an object or array 20.
_MOST_MEMBERS, _MOST_LISTED, _MOST_CHARS = 600, 200, 1_000


class _NotPlain(Exception):
    """Only `jsonschema` can tell."""


@dataclass(slots=True)
class _Part:
    """A plain schema, taken apart."""

    schema: Schema
    wanted: str
    types: tuple[type, ...]
    #: Types of values that fit by that alone.
    fit: frozenset[type]
    listed: list[Any] | None
    #: Its properties, those that are not plain as None; and by name the types of values that fit.
    named: dict[str, _Part | None]
    fits: dict[str, frozenset[type]]
    #: Properties that are required, and by what.
    needed: dict[str, Any]
    is_closed: bool
    items: _Part | None


class OnlyFault:
    """Finds the only fault of values by one schema."""

    def __init__(self, schema: Schema) -> None:
        """Take a draft 3 schema of any kind."""
        try:
            self._whole = _part(schema)
        except RecursionError:
            self._whole = None

    def of(self, value: Any) -> ValidationError | None:
        """Return the one error that `jsonschema` has of a value.

        None where it has another number of them, or the schema or the value is not plain.
        """
        search = _Search()
        try:
            search.look(self._whole, value, ())
        except (_NotPlain, RecursionError):
            return None
        return search.found


def _part(schema: Any) -> _Part | None:
    """Take a schema apart; None where it is not plain."""
    if type(schema) is not dict or not _PLAIN.issuperset(schema):
        return None
    wanted, listed = schema.get("type", "any"), schema.get("enum")
    named, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    if type(wanted) is not str or wanted not in _TYPES or type(others) is not bool:
        return None
    if type(named) is not dict or any(type(of) is not dict for of in named.values()):
        return None
    if "enum" in schema and (type(listed) is not list or len(listed) > _MOST_LISTED):
        return None
    types = _TYPES[wanted]
    parts = {name: _part(of) for name, of in named.items()}
    fit = () if "enum" in schema else types
    if not _INNER.isdisjoint(schema):
        fit = tuple(of for of in fit if of not in (dict, list))
    return _Part(
        schema,
        wanted,
        types,
        frozenset(fit),
        listed,
        parts,
        {name: frozenset() if part is None else part.fit for name, part in parts.items()},
        {name: of["required"] for name, of in named.items() if of.get("required", False)},
        not others,
        _part(schema["items"]) if "items" in schema else _ANYTHING,
    )


_ANYTHING = _Part({}, "any", _TYPES["any"], frozenset(_TYPES["any"]), None, {}, {}, {}, False, None)


class _Search:
    """The search for the faults of one value: it ends at the second."""

    def __init__(self) -> None:
        self.found: ValidationError | None = None
        self._members = 0

    def look(self, part: _Part | None, value: Any, path: tuple[str | int, ...]) -> None:
        """Find the faults of a value; raises _NotPlain where only `jsonschema` can."""
        if part is None:
            raise _NotPlain
        kind = type(value)
        if kind not in part.types:
            self._add(f"{value!r} is not of type {part.wanted!r}", "type", part, value, path)
        if part.listed is not None:
            # A number may equal one of another type.
            if kind is not str:
                raise _NotPlain
            if value not in part.listed:
                self._add(f"{value!r} is not one of {part.listed!r}", "enum", part, value, path)
        if kind is dict:
            self._look_inside(part, value, path)
        elif kind is list and part.items is not _ANYTHING:
            self._count(len(value))
            for index, item in enumerate(value):
                self.look(part.items, item, (*path, index))

    def _look_inside(self, part: _Part, value: dict[str, Any], path: tuple[str | int, ...]) -> None:
        named = part.named
        self._count(len(value) + len(named))
        if part.is_closed and not value.keys() <= named.keys():
            extras = sorted(name for name in value if name not in named)
            shown, verb = ", ".join(map(repr, extras)), "was" if len(extras) == 1 else "were"
            message = f"Additional properties are not allowed ({shown} {verb} unexpected)"
            self._add(message, "additionalProperties", part, value, path)
        fits = part.fits
        for name, member in value.items():
            if name in fits and type(member) not in fits[name]:
                self.look(named[name], member, (*path, name))
        for name in part.needed.keys() - value.keys():
            self._add(f"{name!r} is a required property", "required", part, value, (*path, name))

    def _count(self, members: int) -> None:
        self._members += members
        if self._members > _MOST_MEMBERS:
            raise _NotPlain

    def _add(
        self, message: str, keyword: str, part: _Part, value: Any, path: tuple[str | int, ...]
    ) -> None:
        if self.found is not None or len(message) > _MOST_CHARS:
            raise _NotPlain
        of = part.needed[path[-1]] if keyword == "required" else part.schema.get(keyword)  # type: ignore[index]
        self.found = ValidationError(
            message,
            validator=keyword,
            validator_value=of,
            instance=value,
            schema=part.schema,
            path=path,
        )
