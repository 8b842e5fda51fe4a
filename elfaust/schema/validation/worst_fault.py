"""The worst fault of a value by a plain draft 3 schema, without walking over it with `jsonschema`.

Nearly all schemas of EventLogging are plain: objects whose properties have a type, perhaps a list
of texts, and are required or not. The fault is the one that `best_match` picks, and is worded as
`jsonschema` words it, which test_worst_fault.py holds. What is not plain is left to `jsonschema`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from elfaust.schema.validation.drafts import Schema
from elfaust.schema.validation.steps import A_STEP

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
#: Keywords of plain schemas that judge what is within a value, those of a value, and those that
#: judge nothing.
_INNER = frozenset(("properties", "additionalProperties", "items"))
_OUTER = frozenset(("type", "enum", "required", "minimum", "maximum"))
_PLAIN = _INNER | _OUTER | {"description", "title", "default"}
#: What a member of a value or of its schema costs `jsonschema` at most, in its steps: 9, and 20 for
#: each object or array. And how many may be spent here: with more, its bound (steps.py) may count.
_A_MEMBER, _MOST_STEPS = 10, 8_000
#: Texts of a list.
_MOST_LISTED = 200

Path = tuple[str | int, ...]


class Fault(NamedTuple):
    """A fault, as much as words need of a ValidationError of `jsonschema`."""

    message: str
    validator: str
    validator_value: Any
    instance: Any
    schema: Schema
    absolute_path: Path


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
    #: Numbers within which a number fits; of others `jsonschema` tells.
    bounds: tuple[float, float] | None
    #: Its properties, those that are not plain as None; and by name the types of values that fit.
    named: dict[str, _Part | None]
    fits: dict[str, frozenset[type]]
    #: Properties that are required, and by what.
    needed: dict[str, Any]
    #: Of all other properties, and of items.
    others: _Part | None
    items: _Part | None
    is_closed: bool = False


class WorstFault:
    """Finds the worst fault of values by one schema."""

    def __init__(self, schema: Schema) -> None:
        """Take a draft 3 schema of any kind."""
        try:
            self._whole = _part(schema)
        except RecursionError:
            self._whole = None

    def of(self, value: Any) -> Fault | None:
        """Return what `best_match` picks of all errors that `jsonschema` has of a value.

        None where it has none, or the schema or the value is not plain.
        """
        search = _Search()
        try:
            search.look(self._whole, value, ())
        except (_NotPlain, RecursionError):
            return None
        return search.worst


def _part(schema: Any) -> _Part | None:
    """Take a schema apart; None where it is not plain."""
    if type(schema) is not dict or not _PLAIN.issuperset(schema):
        return None
    wanted, listed = schema.get("type", "any"), schema.get("enum")
    named, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    bounds = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    if type(wanted) is not str or wanted not in _TYPES or type(others) not in (bool, dict):
        return None
    if type(named) is not dict or any(type(of) is not dict for of in named.values()):
        return None
    if "enum" in schema and (type(listed) is not list or len(listed) > _MOST_LISTED):
        return None
    if any(type(bound) not in (int, float) for bound in bounds):
        return None
    parts = {name: _part(of) for name, of in named.items()}
    is_bounded = "minimum" in schema or "maximum" in schema
    return _Part(
        schema,
        wanted,
        _TYPES[wanted],
        _fitting(schema, _TYPES[wanted]),
        listed,
        bounds if is_bounded else None,
        parts,
        {name: frozenset() if part is None else part.fit for name, part in parts.items()},
        {name: of["required"] for name, of in named.items() if of.get("required", False)},
        _part(others) if type(others) is dict else _ANYTHING,
        _part(schema["items"]) if "items" in schema else _ANYTHING,
        others is False,
    )


def _fitting(schema: Schema, types: tuple[type, ...]) -> frozenset[type]:
    """Return the types whose values fit whatever they are."""
    if "enum" in schema:
        return frozenset()
    inner = () if _INNER.isdisjoint(schema) else (dict, list)
    numbers = (int, float) if "minimum" in schema or "maximum" in schema else ()
    return frozenset(types).difference(inner, numbers)


_ANYTHING = _Part(
    *({}, "any", _TYPES["any"], frozenset(_TYPES["any"])), None, None, {}, {}, {}, None, None
)


class _Search:
    """The search for the worst fault of one value."""

    def __init__(self) -> None:
        self.worst: Fault | None = None
        self._left = _MOST_STEPS

    def look(self, part: _Part | None, value: Any, path: Path) -> None:
        """Find the faults of a value; raises _NotPlain where only `jsonschema` can."""
        if part is None:
            raise _NotPlain
        kind = type(value)
        if kind not in part.types:
            # Whatever else is wrong with it, its type is worse.
            self._add(f"{value!r} is not of type {part.wanted!r}", "type", part, value, path)
        elif part.listed is not None:
            # A number may equal one of another type.
            if kind is not str:
                raise _NotPlain
            if value not in part.listed:
                self._add(f"{value!r} is not one of {part.listed!r}", "enum", part, value, path)
        if part.bounds is not None and kind in (int, float):
            least, most = part.bounds
            if not least <= value <= most:
                raise _NotPlain
        if kind is dict:
            self._look_inside(part, value, path)
        elif kind is list and part.items is not _ANYTHING:
            self._spend(_A_MEMBER * len(value))
            for index, item in enumerate(value):
                self.look(part.items, item, (*path, index))

    def _look_inside(self, part: _Part, value: dict[str, Any], path: Path) -> None:
        named, fits, needed, others = part.named, part.fits, part.needed, part.others
        self._spend(_A_MEMBER * (len(value) + len(named)))
        if part.is_closed and not value.keys() <= named.keys():
            extras = sorted(name for name in value if name not in named)
            shown, verb = ", ".join(map(repr, extras)), "was" if len(extras) == 1 else "were"
            message = f"Additional properties are not allowed ({shown} {verb} unexpected)"
            self._add(message, "additionalProperties", part, value, path)
        for name, member in value.items():
            if name in fits and type(member) not in fits[name]:
                self.look(named[name], member, (*path, name))
            elif others is not _ANYTHING and name not in fits:
                self.look(others, member, (*path, name))
        for name in needed:
            if name not in value:
                message = f"{name!r} is a required property"
                self._add(message, "required", part, value, (*path, name))

    def _spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise _NotPlain

    def _add(self, message: str, keyword: str, part: _Part, value: Any, path: Path) -> None:
        # It comes out of two keywords at each level.
        self._spend((1 + len(message) // A_STEP) * 2 * (1 + len(path)))
        worst = self.worst
        if worst is not None:
            there = worst.absolute_path
            # Of two of one value the first is its type.
            if (-len(path), path) <= (-len(there), there):
                return
        of = part.needed[path[-1]] if keyword == "required" else part.schema.get(keyword)  # type: ignore[index]
        self.worst = Fault(message, keyword, of, value, part.schema, path)
