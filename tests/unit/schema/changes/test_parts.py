"""Schemas as trees without references."""

from __future__ import annotations

from typing import Any

from elfaust.schema.changes.parts import Part, are_same, root_part, without_annotations

NEWEST = "https://json-schema.org/draft/2020-12/schema"


def test_an_event_is_a_closed_object_unless_it_says_otherwise() -> None:
    assert root_part({}).of == {"type": "object", "additionalProperties": False}
    combined = root_part({"$schema": NEWEST, "allOf": [{}]})
    assert "additionalProperties" not in (combined.of or {})


def test_references_are_followed_until_a_part_holds_itself() -> None:
    node: dict[str, Any] = {"properties": {"child": {"$ref": "#/definitions/node"}}}
    schema = {"properties": {"a": {"$ref": "#/definitions/node"}}, "definitions": {"node": node}}
    assert root_part(schema).properties == {"a": node}


def test_what_stands_beside_a_reference() -> None:
    definitions = {"n": {"type": "integer", "required": True}}
    old = {"properties": {"a": {"$ref": "#/definitions/n"}}, "definitions": definitions}
    assert root_part(old).properties == {"a": {"type": "integer"}}
    beside = {"$ref": "#/$defs/n", "minimum": 1}
    new = {"$schema": NEWEST, "properties": {"a": beside}, "$defs": {"n": {"type": "integer"}}}
    assert root_part(new).properties == {"a": {"minimum": 1, "allOf": [{"type": "integer"}]}}


def test_required_as_each_draft_has_it() -> None:
    of = {"properties": {"a": {"required": True}}, "required": ["b"]}
    assert Part(of, "03").required == {"a"}
    assert Part(of, "04").required == {"b"}


def test_the_values_that_are_allowed() -> None:
    assert Part({"const": None}, "07").allowed == [None]
    assert Part({"const": 1, "enum": [1, 2]}, "07").allowed == [1]
    assert Part({"const": 1}, "03").allowed is None


def test_annotations_within_refuse_nothing() -> None:
    assert without_annotations({"properties": {"title": {"title": "x", "type": "null"}}}) == {
        "properties": {"title": {"type": "null"}}
    }
    assert are_same("allOf", [{"title": "x"}], [{"description": "y"}])
