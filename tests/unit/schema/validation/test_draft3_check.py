"""Draft 3 schemas are tried part by part before events come."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.schema.validation.draft3_check import check


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"properties": {"a": {"properties": {"b": "string"}}}}, "$.properties.a.properties.b"),
        ({"additionalProperties": {"pattern": "("}}, "$.additionalProperties.pattern"),
        ({"patternProperties": {"(": {}}}, "$.patternProperties"),
        ({"patternProperties": {"const": []}}, "$.patternProperties.const"),
        ({"type": ["string", {"minimum": "1"}]}, "$.type[1].minimum"),
        ({"disallow": [{"maxItems": None}]}, "$.disallow[0].maxItems"),
        ({"items": {"$ref": "#/x"}, "x": {"enum": 1}}, "$.items.$ref.enum"),
        ({"dependencies": {"a": 5}}, "$.dependencies"),
    ],
)
def test_what_the_judge_stumbles_over_is_named(schema: dict[str, Any], path: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be applied|is not a schema") as stumbled:
        check(schema)
    assert str(stumbled.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"type": "strin", "title": 5}}},
        {"definitions": {"unused": "string"}},
        {"type": ["string", "nul", {"type": "objec"}], "extends": []},
        {"properties": {"child": {"$ref": "#"}}, "items": [{}, {"$ref": "#"}]},
        {"enum": [], "minLength": 1.5, "required": ["a"], "format": 7},
    ],
)
def test_what_is_odd_and_stumbles_over_nothing_stays(schema: dict[str, Any]) -> None:
    check(schema)
