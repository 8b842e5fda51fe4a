"""What has changed between two revisions, and whether it breaks anybody."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.schema.changes.change import Change
from elfaust.schema.changes.diff import diff
from tests.field_cases import given as given_of_case

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
