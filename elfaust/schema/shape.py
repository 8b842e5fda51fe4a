"""The shape of a schema: one tree of its places, each with what an event may have there.

Columns and rows of MySQL, types and values of Parquet, what the judge refuses and what lint tells
are read from it, so that no store keeps what another one drops (docs/reference.md, "What becomes of
a value").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from elfaust.schema.tree import ITEMS
from elfaust.schema.validation.drafts import DRAFT3, Draft, closed_schema, draft_of
from elfaust.schema.validation.references import expanded
from elfaust.words.hints import step

#: Types of JSON, and what their values are in Python.
DEFAULTS = {"boolean": bool, "integer": int, "number": float, "string": str, "array": list}
#: Kinds of places besides objects and lists, each the one type of its values.
SCALARS = ("boolean", "integer", "number", "string")
#: Drafts that know `unevaluatedProperties`, and keywords by which keys pass it that `properties`
#: does not name.
UNEVALUATED = ("2019-09", "2020-12")
EVALUATING = (
    "additionalProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "dependentSchemas",
    "$dynamicRef",
    "$recursiveRef",
)


@dataclass(frozen=True)
class Place:
    """A place in an event, and what its schema lets stand there.

    `kind` is one of SCALARS, `object` (a struct of its `members`), `mixed` (has `members`, and may
    be something else), `list` (of `item`), or `untyped`: anything, kept as JSON text. `default` is
    what is stored where the key is left out. `is_open` says that an object may have keys which
    `members` does not have; `required` that no event is without the place.
    """

    path: tuple[str, ...]
    schema: dict[str, Any]
    kind: str
    default: Any = None
    required: bool = False
    is_open: bool = False
    members: dict[str, Place] = field(default_factory=dict)
    item: Place | None = None

    @property
    def name(self) -> str:
        """The place as messages call it: "$.event.a[]"."""
        return "$" + "".join(name if name == ITEMS else step(name) for name in self.path)

    @property
    def passes_unnamed(self) -> bool:
        """Whether keys that no `properties` name may stand in it or below it, in Parquet's view."""
        if self.kind == "object":
            return self.is_open or any(of.passes_unnamed for of in self.members.values())
        return self.item is not None and self.item.passes_unnamed

    def leaves(self) -> Iterator[Place]:
        """Yield the places without members in it, depth first: MySQL's columns."""
        for of in self.members.values():
            if of.members:
                yield from of.leaves()
            else:
                yield of

    def places(self) -> Iterator[Place]:
        """Yield the places in it, itself and the items of lists among them, depth first."""
        yield self
        for of in self.members.values():
            yield from of.places()
        if self.item is not None:
            yield from self.item.places()


def shape_of(schema: dict[str, Any]) -> Place:
    """Return the place of an event by its schema, whose references are followed.

    Raises ValueError for a schema of no draft, or whose references lead nowhere.
    """
    draft = draft_of(schema)
    whole = expanded(closed_schema(schema, draft))
    return _Shaping(draft).place({**whole, "type": "object"}, ("event",), True)


def type_of(schema: dict[str, Any]) -> str | None:
    """Return the one type of a schema's values besides null, None where there are several."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        kinds = [kind for kind in kinds if kind != "null"]
        kinds = kinds[0] if len(kinds) == 1 else None
    return kinds if isinstance(kinds, str) else None


def default_of(schema: dict[str, Any]) -> Any:
    """Return what a value left out is stored as; None where the default is not of its type.

    So it is where nobody may read it exactly: orjson makes a float of an integer past 64 bits.
    """
    default = schema.get("default")
    kind = type_of(schema)
    if kind == "number" and type(default) in (int, float):
        return default
    wanted = DEFAULTS.get(kind or "")
    right = wanted is None or type(default) is wanted
    return default if right and _is_exact(default) else None


def _is_exact(value: Any) -> bool:
    if isinstance(value, dict | list):
        return all(map(_is_exact, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or abs(value) < 2**63


class _Shaping:
    """Makes places by the rules of one draft: in draft 3 a property says that it is required."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def place(
        self, schema: Any, path: tuple[str, ...], required: bool, filled: bool = True
    ) -> Place:
        """Return a place; `filled` says whether a key left out is stored as its default."""
        if not isinstance(schema, dict):
            # `true` of newer drafts: anything.
            return Place(path, {}, "untyped")
        kind, properties, items = type_of(schema), schema.get("properties"), schema.get("items")
        if properties and isinstance(properties, dict):
            return Place(
                path,
                schema,
                "object" if kind == "object" else "mixed",
                required=required,
                is_open=self._is_open(schema),
                # JSON text is stored as it was sent, by whichever store.
                members=self._members(schema, path, required, filled and kind == "object"),
            )
        item = None
        if kind == "array" and isinstance(items, dict) and "type" in items:
            # Items before those that `items` is about have schemas of their own.
            in_front = schema.get("prefixItems")
            # MySQL has them as JSON text.
            item = None if in_front else self.place(items, (*path, ITEMS), False, filled=False)
        if item is not None:
            kind = "list"
        elif kind is None or kind not in SCALARS:
            kind = "untyped"
        # An event without properties is kept as one JSON text; MySQL has no column of it.
        is_open = path == ("event",) and self._is_open(schema)
        default = default_of(schema) if filled else None
        return Place(path, schema, kind, default, required, is_open, item=item)

    def _members(
        self, schema: dict[str, Any], path: tuple[str, ...], required: bool, filled: bool
    ) -> dict[str, Place]:
        listed = schema.get("required")
        members = {}
        for name, of in schema["properties"].items():
            if self._draft is DRAFT3:
                always = isinstance(of, dict) and of.get("required") is True
            else:
                always = isinstance(listed, list) and name in listed
            members[name] = self.place(of, (*path, name), required and always, filled)
        return members

    def _is_open(self, schema: dict[str, Any]) -> bool:
        """Tell whether an object may have keys that its own `properties` do not name."""
        if schema.get("patternProperties"):
            return True
        if schema.get("additionalProperties") is False:
            return False
        closed = self._draft.name in UNEVALUATED and schema.get("unevaluatedProperties") is False
        return not closed or any(keyword in schema for keyword in EVALUATING)


def unnamed_of(place: Place, value: Any) -> dict[str, Any] | None:
    """Return the keys of a value that no `properties` name, where they stood; None where none are.

    Items of lists stand there by their index. What is kept as JSON text is kept whole: there are no
    such keys in it.
    """
    if place.kind == "object" and isinstance(value, dict):
        pairs: Any = ((key, place.members.get(key), of) for key, of in value.items())
    elif place.item is not None and isinstance(value, list):
        pairs = ((str(index), place.item, of) for index, of in enumerate(value))
    else:
        return None
    found = {}
    for key, inner, of in pairs:
        if inner is None:
            found[key] = of
        elif (below := unnamed_of(inner, of)) is not None:
            found[key] = below
    return found or None


def count_unnamed(place: Place, value: Any) -> int:
    """Return how many keys of a value have no column in MySQL, what is no object as one of them."""
    if not place.members and not place.is_open:
        return 0
    if not isinstance(value, dict):
        return int(value is not None)
    found = 0
    for key, of in value.items():
        inner = place.members.get(key)
        if inner is None:
            found += 1
        elif inner.members:
            found += count_unnamed(inner, of)
    return found
