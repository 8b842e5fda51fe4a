"""Places of an event by its schema: which kind of value stands where, and under which names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

SCALARS = ("integer", "number", "boolean", "string")
#: Of JSON's types what their defaults are in Python; a default of another type is none.
OF_TYPE = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "string": (str,),
    "array": (list,),
}


@dataclass(eq=False)
class Place:
    """A place: its kind is of SCALARS, `list`, `object`, `mixed` or `untyped`.

    `members` are those of an object and of a mixed place, by name. A `list` has typed `items`.
    `kind` says how Parquet has it: a mixed place is JSON text there, whatever MySQL has.
    """

    kind: str
    members: dict[str, Place] = field(default_factory=dict)
    items: Place | None = None
    #: What stands for the value if its key is left out.
    default: Any = None
    #: Whether no event that its schema takes is without its key.
    required: bool = False

    @property
    def is_flat(self) -> bool:
        """Whether MySQL has columns of its members and none of itself."""
        return bool(self.members)


class Leaf(NamedTuple):
    """A place that has a column in MySQL; its keys from the event on."""

    keys: tuple[str, ...]
    place: Place
    required: bool

    @property
    def column(self) -> str:
        """EventLogging's name: keys joined with `_`."""
        return "_".join(["event", *self.keys])


def root_of(schema: dict[str, Any]) -> Place:
    """Return the place of the event itself, which is an object whatever its schema says."""
    part, above = _followed(schema, schema, (id(schema),))
    return _place({**part, "type": "object"}, schema, above)


def leaves(place: Place, keys: tuple[str, ...] = (), required: bool = True) -> Iterator[Leaf]:
    """Yield the places below one that have columns in MySQL."""
    for name, member in place.members.items():
        always = required and member.required
        if member.is_flat:
            yield from leaves(member, (*keys, name), always)
        else:
            yield Leaf((*keys, name), member, always)


def hive_name(name: str) -> str:
    """Return a name as Hive can have it."""
    return re.sub("[^A-Za-z0-9_]", "_", name)


def _followed(part: Any, root: Any, above: tuple[int, ...]) -> tuple[dict[str, Any], Any]:
    """Follow references from a part; one into which it stands already leads to anything."""
    while isinstance(part, dict) and isinstance(part.get("$ref"), str):
        part = _target(root, part["$ref"])
        if id(part) in above:
            return {}, above
        above = (*above, id(part))
    return part if isinstance(part, dict) else {}, above


def _target(root: Any, reference: str) -> Any:
    found = root
    for key in reference.split("/")[1:]:
        key = key.replace("~1", "/").replace("~0", "~")
        found = found[int(key) if isinstance(found, list) else key]
    return found


def _place(part: Any, root: Any, above: tuple[int, ...]) -> Place:
    schema, above = _followed(part, root, above)
    kind, given = _one_type(schema), schema.get("default")
    right = OF_TYPE.get(kind or "")
    default = given if right is None or type(given) in right else None
    if kind != "number" and not _is_exact(default):
        default = None
    place = Place(_scalar(kind), default=default)
    properties, items = schema.get("properties"), schema.get("items")
    if properties and isinstance(properties, dict):
        place.members = {name: _member(schema, name, root, above) for name in properties}
        # Defaults are those of its members.
        place.kind, place.default = ("object" if kind == "object" else "mixed"), None
        if place.kind == "mixed":
            _empty(place)
    elif kind == "array" and _is_typed(schema, root, above):
        place.kind, place.items = "list", _place(items, root, above)
        _empty(place)
    return place


def _empty(place: Place) -> None:
    """Take the defaults of what is within a place: it is stored as it was sent."""
    for within in (*place.members.values(), *([place.items] if place.items else [])):
        within.default = None
        _empty(within)


def _is_exact(value: Any) -> bool:
    """Return whether a default has no number that may be an integer past 64 bits to its readers."""
    if isinstance(value, dict | list):
        return all(map(_is_exact, value.values() if isinstance(value, dict) else value))
    if isinstance(value, float):
        return abs(value) < 2**63
    return not isinstance(value, int) or -(2**63) <= value < 2**64


def _is_typed(schema: dict[str, Any], root: Any, above: tuple[int, ...]) -> bool:
    """Return whether all items of an array are of one schema that says their type."""
    items = schema.get("items")
    if not isinstance(items, dict) or schema.get("prefixItems"):
        return False
    return "type" in _followed(items, root, above)[0]


def _scalar(kind: str | None) -> str:
    return kind if kind in SCALARS else "untyped"


def _member(schema: dict[str, Any], name: str, root: Any, above: tuple[int, ...]) -> Place:
    part = schema["properties"][name]
    place = _place(part, root, above)
    if _is_draft3(root):
        # What stands behind a reference says nothing of this property.
        said = isinstance(part, dict) and "$ref" not in part and part.get("required")
        place.required = said is True
    else:
        listed = schema.get("required")
        place.required = isinstance(listed, list) and isinstance(part, dict) and name in listed
    return place


def _is_draft3(root: dict[str, Any]) -> bool:
    named = str(root.get("$schema", "")).rstrip("#")
    return named in ("", *(f"http://json-schema.org/{of}schema" for of in ("", "draft-03/")))


def _one_type(schema: dict[str, Any]) -> str | None:
    """Return the only type besides null, None where there is none or are several."""
    types = schema.get("type")
    listed = [kind for kind in types if kind != "null"] if isinstance(types, list) else [types]
    return listed[0] if len(listed) == 1 and isinstance(listed[0], str) else None
