"""Of generated revisions no breaking change is missed, and no change is without a line."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from elfaust.errors import EventFault
from elfaust.schema.changes.diff import diff
from elfaust.schema.changes.keywords import ANNOTATIONS
from elfaust.schema.dialect import LATEST
from elfaust.schema.validation.capsule_validator import CapsuleValidator
from elfaust.schema.validation.drafts import DRAFTS
from tests.unit.schema.validation.building import CAPSULE, SCHEMA, VALUE

DRAFT7 = {"$schema": "http://json-schema.org/draft-07/schema#"}

#: Parts of draft 07, many of them near to each other.
LEAF7 = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "number", "object", "array", "null"]),
        "enum": st.lists(st.sampled_from([1, 2, "a", "b", None, True]), min_size=1, max_size=3),
        "const": st.sampled_from([1, "a"]),
        "minimum": st.integers(0, 3),
        "exclusiveMaximum": st.integers(0, 3),
        "multipleOf": st.integers(1, 4),
        "minLength": st.integers(0, 2),
        "pattern": st.sampled_from(["a", "^b"]),
        "minProperties": st.integers(0, 2),
        "maxItems": st.integers(0, 2),
        "uniqueItems": st.booleans(),
        "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
        "description": st.sampled_from(["x", "y"]),
    },
)

PART7 = st.recursive(
    LEAF7 | st.booleans(),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "additionalProperties": inner,
            "patternProperties": st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=1),
            "items": inner | st.lists(inner, min_size=1, max_size=2),
            "additionalItems": inner,
            "contains": inner,
            "propertyNames": inner,
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "if": inner,
            "then": inner,
            "dependencies": st.dictionaries(
                st.sampled_from("ab"), inner | st.just(["c"]), max_size=1
            ),
        },
    ),
    max_leaves=5,
)


def is_valid(schema: dict[str, Any], value: Any) -> bool:
    try:
        CapsuleValidator(schema, LATEST).validate({**CAPSULE, "event": value})
    except EventFault:
        return False
    return True


def check(old: dict[str, Any], new: dict[str, Any], event: dict[str, Any]) -> None:
    changes = diff(old, new)
    if not any(change.breaking for change in changes) and is_valid(old, event):
        assert is_valid(new, event), changes


@given(PART7, PART7, VALUE)
def test_what_is_refused_now_and_was_not_is_breaking(was: Any, now: Any, value: Any) -> None:
    old, new = ({**DRAFT7, "properties": {"a": of}} for of in (was, now))
    check(old, new, {"a": value})
    check(new, old, {})


@given(SCHEMA, SCHEMA, VALUE)
def test_so_it_is_in_draft_3(was: dict[str, Any], now: dict[str, Any], value: Any) -> None:
    old, new = ({"properties": {"a": of}} for of in (was, now))
    check(old, new, {"a": value})
    check(old, new, {})


NAME = st.sampled_from(["a", "title", "default", "$id", "description"])

NAMES = st.lists(NAME, max_size=2, unique=True)

SINGLE = ["additionalProperties", "items", "contains", "propertyNames", "not", "if", "then", "else"]

LISTS = ["allOf", "anyOf", "oneOf", "prefixItems", "items", "type", "disallow"]

BY_NAME = ["properties", "patternProperties", "dependentSchemas", "dependencies"]

#: Parts of all drafts at once: what a draft does not know is told as well.
LEAF = (
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["string", "array", ["string"], ["string", "null"], "any"]),
            "enum": st.lists(st.sampled_from([1, "a", None]), min_size=1, max_size=2),
            "const": st.sampled_from([1, {"title": 1}, {"title": 2}]),
            "minContains": st.integers(0, 2),
            "minimum": st.integers(0, 2),
            "exclusiveMinimum": st.booleans() | st.integers(0, 2),
            "uniqueItems": st.booleans(),
            "required": NAMES | st.booleans(),
            "dependentRequired": st.dictionaries(NAME, NAMES, max_size=2),
            "dependencies": st.dictionaries(NAME, NAMES, max_size=2),
            "title": st.sampled_from("xy"),
            "default": st.sampled_from([1, {"title": 1}]),
            "x-owner": st.sampled_from([{"title": 1}, {"title": 2}, [{"id": 1}]]),
            "items": st.booleans() | st.just([]),
            "additionalProperties": st.booleans(),
            "properties": st.dictionaries(NAME, st.booleans() | st.just({}), max_size=2),
            "unevaluatedProperties": st.booleans(),
            "unevaluatedItems": st.booleans(),
        },
    )
    | st.booleans()
)


def without_annotations(part: Any, keyword: str = "allOf") -> Any:
    """Return a value of a keyword without what refuses nothing."""
    if keyword in BY_NAME and isinstance(part, dict):
        return {name: without_annotations(of) for name, of in part.items()}
    if keyword not in (*SINGLE, *LISTS):
        return part
    if isinstance(part, list):
        return [without_annotations(of) for of in part]
    if not isinstance(part, dict):
        return {} if part is True else part
    return {k: without_annotations(of, k) for k, of in part.items() if k not in ANNOTATIONS}


@st.composite
def two_schemas(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two schemas of one draft that are others at one place."""
    was: Any = draw(LEAF)
    now: Any = draw(LEAF)
    beside: Any = draw(LEAF.filter(lambda of: isinstance(of, dict)))
    for keyword in draw(st.lists(st.sampled_from([*SINGLE, *LISTS, *BY_NAME]), max_size=3)):
        name = draw(NAME)
        if keyword in BY_NAME:
            was, now = ({**beside, keyword: {name: of}} for of in (was, now))
        elif keyword in LISTS:
            first = draw(st.lists(LEAF, max_size=1))
            was, now = ({**beside, keyword: [*first, of]} for of in (was, now))
        else:
            was, now = ({**beside, keyword: of} for of in (was, now))
    draft = draw(st.sampled_from(list(DRAFTS)))
    named = {"$schema": draft} if draft else {}
    return {**named, "properties": {"n": was}}, {**named, "properties": {"n": now}}


@given(two_schemas())
def test_no_change_of_a_schema_is_without_a_line(
    schemas: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    old, new = schemas
    if without_annotations(old) != without_annotations(new):
        assert diff(old, new)
