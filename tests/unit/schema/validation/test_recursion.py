"""Schemas that hold themselves: which have no end, and in which steps multiply."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.schema.validation.recursion import endless, multiplying

ITSELF = {"$ref": "#"}
A, B = {"$ref": "#/definitions/a"}, {"$ref": "#/definitions/b"}


@pytest.mark.parametrize(
    "schema",
    [
        ITSELF,
        {"anyOf": [{"type": "string"}, {"not": ITSELF}]},
        {"type": ["string", ITSELF]},
        {"definitions": {"a": B, "b": A}, "properties": {"x": A}},
        {"dependencies": {"a": ITSELF}},
        {"$dynamicAnchor": "n", "then": {"$dynamicRef": "#n"}},
        {"$recursiveAnchor": True, "else": {"$recursiveRef": "#"}},
    ],
)
def test_what_judges_a_value_by_the_same_value(schema: dict[str, Any]) -> None:
    assert endless(schema) is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": ITSELF, "b": {"items": ITSELF}}},
        {"properties": {"left": ITSELF, "right": ITSELF}},
        {"properties": {"a": ITSELF}, "additionalProperties": ITSELF},
        {"items": [ITSELF, ITSELF]},
        {"definitions": {"a": B, "b": A}},
        {"definitions": {"a": {"items": A}}, "properties": {"x": {"anyOf": [A, A]}}},
    ],
)
def test_what_goes_down_in_one_way_is_no_trouble(schema: dict[str, Any]) -> None:
    assert endless(schema) is None
    assert multiplying(schema) is None


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"properties": {"a": {"anyOf": [ITSELF, ITSELF]}}}, "$.properties.a"),
        ({"properties": {"a": ITSELF}, "patternProperties": {"^a": ITSELF}}, "$"),
        ({"allOf": [{"items": ITSELF}, {"items": ITSELF}]}, "$"),
        ({"items": ITSELF, "contains": ITSELF}, "$"),
        (
            {"definitions": {"a": {"items": {"anyOf": [A, A]}}}, "properties": {"x": A}},
            "$.definitions.a.items",
        ),
    ],
)
def test_what_goes_down_in_two_ways_multiplies(schema: dict[str, Any], path: str) -> None:
    assert endless(schema) is None
    found = multiplying(schema)
    assert found is not None
    assert found.replace("$.properties.x.$ref", "$.definitions.a") == path
