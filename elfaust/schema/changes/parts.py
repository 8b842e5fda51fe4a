"""Two revisions of a schema as trees without references, and the parts of them that face."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from elfaust.schema.changes.keywords import ANNOTATIONS, OF_SCHEMAS, knows, same
from elfaust.schema.validation.drafts import COMBINING, DRAFT3, Draft, draft_of
from elfaust.schema.validation.references import MAPS, mapped, parts_of, target

Schema = dict[str, Any]
#: Drafts in which what stands beside a reference counts.
BESIDE = ("2019-09", "2020-12")
#: Keywords with which a schema may refuse more when the one in them allows more.
NEGATING = ("not", "oneOf", "if", "contains", "disallow")
REFERRING = ("$ref", "$recursiveRef", "$dynamicRef")


class Part(NamedTuple):
    """A part of a schema in one revision; `of` is None where nothing is valid."""

    of: Schema | None
    draft: str

    def get(self, keyword: str, default: Any = None) -> Any:
        """Return the value of a keyword, the default where the draft does not know it."""
        known = self.of is not None and knows(self.draft, keyword)
        return self.of.get(keyword, default) if known and self.of is not None else default

    def part(self, of: Any) -> Part:
        """Return a part of this one: what is no schema is taken for one that allows all."""
        return Part(None if of is False else of if isinstance(of, dict) else {}, self.draft)

    @property
    def properties(self) -> Schema:
        """The properties that it names, with their schemas."""
        return _objects(self.get("properties"))

    @property
    def patterns(self) -> Schema:
        """The schemas of the properties whose names match a pattern."""
        return _objects(self.get("patternProperties"))

    @property
    def required(self) -> set[str]:
        """The properties that no object is without."""
        if self.draft == DRAFT3.name:
            named = self.properties.items()
            return {name for name, of in named if isinstance(of, dict) and of.get("required")}
        listed = self.get("required")
        return {name for name in listed if isinstance(name, str)} if _is_list(listed) else set()

    @property
    def allowed(self) -> list[Any] | None:
        """The values that it lists, None where it lists none."""
        values = self.get("enum")
        listed = values if _is_list(values) else None
        if self.of is None or "const" not in self.of or not knows(self.draft, "const"):
            return listed
        const = self.of["const"]
        return [const] if listed is None or any(same(const, v) for v in listed) else []

    @property
    def items(self) -> tuple[list[Any], Any]:
        """The schemas of an array's first items, and that of all others."""
        items = self.get("items", True)
        if _is_list(items):
            return items, self.get("additionalItems", True)
        first = self.get("prefixItems")
        return (first if _is_list(first) else []), items


def root_part(schema: Schema) -> Part:
    """Return an event's schema: references followed, and what holds of every event said.

    Raises ValueError for references that cannot be followed and for an unknown draft.
    """
    draft = draft_of(schema)
    closed = draft is DRAFT3 or not any(keyword in schema for keyword in COMBINING)
    event = followed(schema, schema, draft)
    # EventLogging refuses what the schema does not name, and an event is an object always.
    implied = {"additionalProperties": False} if closed else {}
    return Part({"type": "object", **implied, **event}, draft.name)


def followed(root: Schema, part: Any, draft: Draft, above: tuple[int, ...] = ()) -> Any:
    """Return a part of a schema with its references replaced by what they refer to.

    Where a part holds itself the reference stays.
    """
    if isinstance(part, list):
        return [followed(root, item, draft, above) for item in part]
    if not isinstance(part, dict):
        return part
    if not isinstance(part.get("$ref"), str):
        return mapped(part, lambda inner: followed(root, inner, draft, above))
    found = target(root, part["$ref"])
    if id(found) in above or found is root:
        return part
    return _beside(part, followed(root, found, draft, (*above, id(found))), root, draft, above)


def _beside(part: Schema, found: Any, root: Schema, draft: Draft, above: tuple[int, ...]) -> Any:
    """Return what a reference refers to with what counts of the keywords beside it."""
    if not isinstance(found, dict):
        return found
    if draft is DRAFT3:
        # Whether a property is required its own place says.
        own = {key: part[key] for key in ("required",) if key in part}
        return {**{key: of for key, of in found.items() if key != "required"}, **own}
    rest = {key: of for key, of in part.items() if key != "$ref"}
    if draft.name not in BESIDE or not rest:
        return found
    if rest.keys() <= ANNOTATIONS:
        return {**found, **rest}
    rest = mapped(rest, lambda inner: followed(root, inner, draft, above))
    return {**rest, "allOf": [*rest.get("allOf", []), found]}


def without_annotations(part: Any) -> Any:
    """Return a part of a schema, or a list of them, without what refuses nothing."""
    if isinstance(part, list):
        return [without_annotations(item) for item in part]
    if not isinstance(part, dict):
        # What allows all is written in two ways.
        return {} if part is True else part
    return {
        key: _value_without_annotations(key, of)
        for key, of in part.items()
        if key not in ANNOTATIONS
    }


def _value_without_annotations(keyword: str, value: Any) -> Any:
    if keyword in MAPS and isinstance(value, dict):
        return {name: without_annotations(of) for name, of in value.items()}
    # Elsewhere `title` and the like are names, or data.
    return without_annotations(value) if keyword in OF_SCHEMAS else value


def are_same(keyword: str, was: Any, now: Any) -> bool:
    """Tell whether two values of a keyword refuse the same, annotations within them aside."""
    return same(_value_without_annotations(keyword, was), _value_without_annotations(keyword, now))


def negated_recursion(part: Any, within: str = "") -> str:
    """Return the keyword of `NEGATING` within which a schema of `root_part` recurs, "" for none."""
    if within and isinstance(part, dict) and any(keyword in part for keyword in REFERRING):
        return within
    for (keyword, *_), of in parts_of(part):
        found = negated_recursion(of, within or (str(keyword) if keyword in NEGATING else ""))
        if found:
            return found
    return ""


def dynamic_definitions(schema: Schema) -> Any:
    """Return what a schema's dynamic references may refer to, None where it has none."""
    if '"$dynamicRef"' not in json.dumps(schema):
        return None
    return [
        _value_without_annotations("$defs", schema.get(keyword))
        for keyword in ("$defs", "definitions")
    ]


def _objects(members: Any) -> Schema:
    return members if isinstance(members, dict) else {}


def _is_list(value: Any) -> bool:
    return isinstance(value, list)
