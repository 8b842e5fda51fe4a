"""References stay within the schema and its limits."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.schema.validation.references import MAX_EXPANDED, check, expanded, target, unnamed


def doubling(levels: int) -> dict[str, Any]:
    """A schema whose references double at each level."""
    parts: dict[str, Any] = {
        f"p{n}": {"items": [{"$ref": f"#/definitions/p{n + 1}"}] * 2} for n in range(levels)
    }
    parts[f"p{levels}"] = {"type": "string"}
    return {"definitions": parts, "properties": {"a": {"$ref": "#/definitions/p0"}}}


def test_a_schema_without_references() -> None:
    assert not check({"properties": {"a": {"enum": [{"$ref": "http://x"}]}}})


def test_a_property_may_be_called_ref() -> None:
    assert not check({"properties": {"$ref": {"type": "string"}}})


def test_a_schema_may_hold_itself() -> None:
    assert check({"properties": {"child": {"$ref": "#"}, "l": {"items": {"$ref": "#"}}}})


def test_a_schema_that_explodes_is_refused() -> None:
    assert check(doubling(5))
    with pytest.raises(ValueError, match=f"more than {MAX_EXPANDED} parts"):
        check(doubling(30))


def test_a_schema_that_is_too_deep_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(50):
        deep = {"items": deep}
    with pytest.raises(ValueError, match="nested deeper than 40 levels"):
        check(deep)


@pytest.mark.parametrize(
    "reference", ["other.json", "http://x/y", "file:///x", "#name", "", "#/definitions/none", "#/0"]
)
def test_what_is_not_in_the_schema_is_refused(reference: str) -> None:
    with pytest.raises(ValueError, match="ref"):
        check({"definitions": {}, "properties": {"a": {"$ref": reference}}})


def test_target_unescapes_its_path() -> None:
    schema = {"definitions": {"a/b": [{"x~y": 1}]}}
    assert target(schema, "#/definitions/a~1b/0/x~0y") == 1


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("percent%field", "#/definitions/percent%25field"),
        ('foo"bar', "#/definitions/foo%22bar"),
        ("\u00e9 b", "#/definitions/%C3%A9%20b"),
        ("a/b", "#/definitions/a%7E1b"),
        ("50%", "#/definitions/50%"),
    ],
)
def test_a_reference_is_percent_encoded(name: str, reference: str) -> None:
    schema = {"definitions": {name: {"type": "integer"}}, "properties": {"a": {"$ref": reference}}}
    assert check(schema)
    assert expanded(schema)["properties"] == {"a": {"type": "integer"}}


def test_references_are_replaced_and_what_holds_itself_ends() -> None:
    schema = {
        "definitions": {"word": {"type": "string"}},
        "properties": {"a": {"$ref": "#/definitions/word"}, "child": {"$ref": "#"}},
    }
    assert expanded(schema)["properties"] == {"a": {"type": "string"}, "child": {}}


@pytest.mark.parametrize("name", ["default", "enum", "const", "examples"])
def test_a_property_may_be_called_like_a_keyword_of_data(name: str) -> None:
    schema = {"definitions": {"n": {"type": "integer"}}}
    schema["properties"] = {name: {"$ref": "#/definitions/n"}}
    assert check(schema)
    assert expanded(schema)["properties"] == {name: {"type": "integer"}}
    with pytest.raises(ValueError, match="leads nowhere"):
        check({"properties": {name: {"$ref": "#/definitions/n"}}})


def test_what_is_data_stays_as_it_is() -> None:
    data = {"default": {"$ref": "http://x"}, "enum": [{"id": 1}]}
    assert expanded(data) == data
    assert unnamed(data) == data


def test_names_of_parts_are_left_out_and_properties_of_that_name_stay() -> None:
    schema = {"$schema": "s", "id": "x", "properties": {"id": {"id": 5, "type": "string"}}}
    assert unnamed(schema) == {"properties": {"id": {"type": "string"}}}


@pytest.mark.parametrize("reference", [5, {"a": 1}, "#/title", "#/required"])
def test_what_is_no_schema_is_no_target(reference: object) -> None:
    with pytest.raises(ValueError, match=r"is not a reference|that is not a schema"):
        check({"title": "t", "required": [], "items": {"$ref": reference}})


def test_references_that_nest_without_end_are_refused() -> None:
    chain = {f"p{n}": {"items": {"$ref": f"#/definitions/p{n + 1}"}} for n in range(500)}
    chain["p500"] = {}
    with pytest.raises(ValueError, match="nest deeper than 200 levels"):
        check({"items": {"$ref": "#/definitions/p0"}, "definitions": chain})


def test_names_of_required_properties_are_names() -> None:
    schema = {"$id": "x", "dependentRequired": {"$id": ["id"]}}
    assert unnamed(schema) == {"dependentRequired": {"$id": ["id"]}}
