"""What breaks and what does not between two revisions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elfaust.errors import EventFault
from elfaust.schema.changes.change import Change
from elfaust.schema.changes.diff import diff
from elfaust.schema.changes.keywords import ANNOTATIONS
from elfaust.schema.dialect import LATEST
from elfaust.schema.validation.drafts import DRAFTS
from elfaust.schema.validation.validator import CapsuleValidator
from tests.field_cases import given as given_of_case
from tests.unit.schema.validation.test_validator import CAPSULE, SCHEMA, VALUE

DRAFT7 = {"$schema": "http://json-schema.org/draft-07/schema#"}
NEWEST = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def changed(was: dict[str, Any], now: dict[str, Any]) -> list[Change]:
    return diff({"properties": {"a": was}}, {"properties": {"a": now}})


@pytest.mark.parametrize(
    ("was", "now", "breaking"),
    [
        ({"type": "integer"}, {"type": "number"}, False),
        ({"type": "number"}, {"type": "integer"}, True),
        ({"type": "string"}, {"type": "integer"}, True),
        ({"type": "string"}, {"type": ["string", "null"]}, False),
        ({"type": ["string", "null"]}, {"type": "string"}, True),
        ({"type": "string"}, {"type": ["string", "integer"]}, False),
        ({"type": "string"}, {"type": "any"}, False),
        ({"type": "integer"}, {"type": "any"}, True),
        ({}, {"required": True}, True),
        ({"required": True}, {}, False),
        ({"enum": ["x", "y"]}, {"enum": ["x"]}, True),
        ({"enum": ["x"]}, {"enum": ["x", "y"]}, False),
        ({"enum": ["x"]}, {}, False),
        ({}, {"enum": ["x"]}, True),
        ({"maximum": 5}, {"maximum": 4}, True),
        ({"maximum": 5}, {}, False),
        ({}, {"minLength": 1}, True),
        ({"minLength": 2}, {"minLength": 1}, False),
        ({}, {"pattern": "^a"}, True),
        ({"pattern": "^a"}, {}, False),
        ({"description": "x"}, {"description": "y"}, False),
        ({}, {"additionalProperties": False}, True),
    ],
)
def test_a_change_is_breaking_or_not(
    was: dict[str, Any], now: dict[str, Any], breaking: bool
) -> None:
    [change] = changed(was, now)
    assert (change.path, change.breaking) == ("$.event.a", breaking)


def test_properties_that_come_and_go() -> None:
    old: dict[str, Any] = {**DRAFT7, "properties": {"gone": {}, "same": {}}}
    come: dict[str, Any] = {"properties": {"may": {}, "must": {}, "same": {}}}
    new: dict[str, Any] = {**DRAFT7, "required": ["must"], **come}
    assert diff(old, new) == [
        Change("$.event.gone", "removed", breaking=True),
        Change("$.event.may", "added, optional", breaking=False),
        Change("$.event.must", "added, required", breaking=True),
    ]


def test_an_event_is_closed_unless_it_says_otherwise() -> None:
    assert diff({}, {"additionalProperties": False}) == []
    assert diff({}, {"additionalProperties": True}) == [
        Change("$.event", "other properties allowed now", breaking=False)
    ]


def test_the_same_schema_has_not_changed() -> None:
    assert (
        changed(
            {"type": "array", "items": {"enum": [1]}}, {"type": "array", "items": {"enum": [1]}}
        )
        == []
    )


@pytest.mark.parametrize("draft", [{}, DRAFT7, NEWEST])
@pytest.mark.parametrize(("was", "now"), given_of_case(16)["pairs"].values())
def test_no_keyword_is_passed_over(
    draft: dict[str, Any], was: dict[str, Any], now: dict[str, Any]
) -> None:
    old, new = ({**draft, "properties": {"a": of}} for of in (was, now))
    assert any(change.breaking for change in diff(old, new))


@pytest.mark.parametrize(
    ("was", "now", "kind"),
    [
        ({"contains": {}}, {"contains": {"type": "string"}}, "changed: look yourself"),
        ({"if": {}}, {"if": {"type": "string"}}, "changed: look yourself"),
        ({"propertyNames": {"pattern": "a"}}, {}, "compatible"),
        ({"allOf": [{"title": "a"}]}, {"allOf": [{"title": "b"}]}, None),
        ({"items": {"type": "integer"}}, {"items": {"type": "string"}}, "breaking"),
        ({"multipleOf": 4}, {"multipleOf": 2}, "compatible"),
        ({"multipleOf": 2}, {"multipleOf": 4}, "breaking"),
        ({"required": ["x"]}, {"required": ["x", "y"]}, "breaking"),
        ({"required": ["x", "y"]}, {"required": ["x"]}, "compatible"),
        ({"enum": [1]}, {"enum": [True]}, "breaking"),
        ({"const": 1}, {"enum": [1, 2]}, "compatible"),
        ({"default": 1}, {"default": 2}, "compatible"),
        ({"format": "email"}, {"format": "uri"}, "compatible"),
        ({}, {"patternProperties": {"^x": {}}}, "changed: look yourself"),
        ({}, {"properties": {"x": {"type": "integer"}}}, "changed: look yourself"),
        ({}, {"properties": {"x": {}}}, "compatible"),
        (
            {"additionalProperties": {"minimum": 1}},
            {"additionalProperties": {"minimum": 2}},
            "breaking",
        ),
        ({"additionalProperties": False}, {"additionalProperties": {}}, "compatible"),
        ({}, {"dependencies": {"a": ["b"]}}, "changed: look yourself"),
        ({}, {"x-owner": "team"}, "compatible"),
    ],
)
def test_what_a_change_is(was: dict[str, Any], now: dict[str, Any], kind: str | None) -> None:
    old, new = ({**DRAFT7, "properties": {"a": of}} for of in (was, now))
    kinds = [change.kind for change in diff(old, new)]
    assert kinds[:1] == ([] if kind is None else [kind])


def test_a_keyword_that_the_draft_does_not_know_is_told() -> None:
    [change] = changed({}, {"const": 5})
    assert change == Change(
        "$.event.a", "const changed, which draft 03 does not know", breaking=True, sure=False
    )


def test_another_draft_is_for_a_person_to_look_at() -> None:
    [change] = diff({}, DRAFT7)
    assert change.message == "written in draft 03, now 07"
    assert change.kind == "changed: look yourself"


def test_what_a_reference_leads_to_is_compared() -> None:
    def of(limit: int) -> dict[str, Any]:
        definitions = {"definitions": {"n": {"minimum": limit}, "s": {"$ref": "#/definitions/s"}}}
        return {**DRAFT7, "properties": {"a": {"allOf": [{"$ref": "#/definitions/n"}]}}} | (
            definitions
        )

    [change] = diff(of(1), of(2))
    assert change.path == "$.event.a"
    assert change.kind == "changed: look yourself"


def test_a_schema_that_holds_itself_is_compared() -> None:
    def of(kind: str) -> dict[str, Any]:
        node = {"properties": {"child": {"$ref": "#/definitions/node"}, "v": {"type": kind}}}
        return {
            "properties": {"tree": {"$ref": "#/definitions/node"}},
            "definitions": {"node": node},
        }

    [change] = diff(of("string"), of("integer"))
    assert (change.path, change.breaking) == ("$.event.tree.v", True)


def test_a_flag_of_draft_3_that_does_nothing_is_told() -> None:
    for was, now in (({}, {"required": False}), ({"items": {}}, {"items": {"required": True}})):
        assert [change.breaking for change in changed(was, now)] == [False]


def test_what_a_schema_refuses_by_itself_is_for_a_person_to_look_at() -> None:
    def of(child: Any, **v: str) -> dict[str, Any]:
        node = {"properties": {"child": child, "v": v}}
        return {
            **DRAFT7,
            "properties": {"tree": {"$ref": "#/definitions/node"}},
            "definitions": {"node": node},
        }

    itself = {"$ref": "#/definitions/node"}
    turned = {"not": {"items": [itself]}}
    assert not any(change.breaking for change in diff(of(itself, type="string"), of(itself)))
    assert any(change.breaking for change in diff(of(turned, type="string"), of(turned)))
    assert diff(of(turned), of(turned)) == []


def test_what_a_dynamic_reference_may_lead_to_is_compared() -> None:
    def of(kind: str) -> dict[str, Any]:
        node = {"$dynamicAnchor": "node", "type": kind}
        return {**NEWEST, "properties": {"a": {"$dynamicRef": "#node"}}, "$defs": {"node": node}}

    [change] = diff(of("string"), of("integer"))
    assert change.kind == "changed: look yourself"
    assert diff(of("string"), of("string")) == []


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


@settings(max_examples=300)
@given(PART7, PART7, VALUE)
def test_what_is_refused_now_and_was_not_is_breaking(was: Any, now: Any, value: Any) -> None:
    old, new = ({**DRAFT7, "properties": {"a": of}} for of in (was, now))
    check(old, new, {"a": value})
    check(new, old, {})


@settings(max_examples=200)
@given(SCHEMA, SCHEMA, VALUE)
def test_so_it_is_in_draft_3(was: dict[str, Any], now: dict[str, Any], value: Any) -> None:
    old, new = ({"properties": {"a": of}} for of in (was, now))
    check(old, new, {"a": value})
    check(old, new, {})


UNEVALUATED: dict[str, Any] = {"properties": {"a": {}}, "unevaluatedProperties": False}


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ({"contains": {"type": "string"}, "minContains": 0}, {"contains": {"type": "string"}}),
        ({**UNEVALUATED, "additionalProperties": True}, UNEVALUATED),
        ({**UNEVALUATED, "additionalProperties": {"type": "string"}}, UNEVALUATED),
        ({**UNEVALUATED, "patternProperties": {"b": {}}}, UNEVALUATED),
        ({"items": True, "unevaluatedItems": False}, {"unevaluatedItems": False}),
        (
            {"prefixItems": [True, {}], "unevaluatedItems": False},
            {"prefixItems": [True], "unevaluatedItems": False},
        ),
        ({"contains": {}, "unevaluatedItems": False}, {"unevaluatedItems": False}),
        ({"dependentRequired": {"title": ["a"]}}, {"dependentRequired": {"title": ["a", "b"]}}),
        (
            {"anyOf": [{"dependentRequired": {"id": ["a"]}}]},
            {"anyOf": [{"dependentRequired": {"id": ["b"]}}]},
        ),
    ],
)
def test_what_nothing_looks_at_any_more_and_what_is_called_like_an_annotation(
    was: dict[str, Any], now: dict[str, Any]
) -> None:
    assert any(c.breaking for c in diff({**NEWEST, **was}, {**NEWEST, **now}))
    nested = ({**NEWEST, "properties": {"n": of}} for of in (was, now))
    assert any(c.breaking for c in diff(*nested))


NAME = st.sampled_from(["a", "title", "default", "$id", "description"])
NAMES = st.lists(NAME, max_size=2, unique=True)
SINGLE = ["additionalProperties", "items", "contains", "propertyNames", "not", "if", "then", "else"]
SINGLE += ["unevaluatedItems", "unevaluatedProperties", "additionalItems", "extends"]
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


@settings(max_examples=500)
@given(two_schemas())
def test_no_change_of_a_schema_is_without_a_line(
    schemas: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    old, new = schemas
    if without_annotations(old) != without_annotations(new):
        assert diff(old, new)
