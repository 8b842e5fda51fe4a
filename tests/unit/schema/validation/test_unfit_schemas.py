"""Schemas by which no event can be validated are found before events come."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.errors import EventFault, Unforeseen
from elfaust.schema.dialect import LATEST
from elfaust.schema.validation.capsule_validator import CapsuleValidator
from elfaust.schema.validation.drafts import Draft
from tests.unit.schema.validation.building import ALL, CAPSULE, ITSELF, NEWER, fault, uri


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"$schema": "http://example.org/mine"}, "is none of the drafts 03, 04"),
        ({"$schema": 7}, "is none of the drafts"),
        ({"$schema": uri(NEWER[2]), "type": "strin"}, "strin"),
        ({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, "is not looked up"),
        ({"properties": {"a": {"$ref": "http://127.0.0.1/x"}}}, "is not looked up"),
    ],
)
def test_a_schema_by_which_nobody_can_judge(schema: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        CapsuleValidator(schema, LATEST)


def test_a_broken_schema_is_said_to_be_broken() -> None:
    refused = fault({"properties": {"a": {"type": "strin"}}}, {"a": 1})
    assert "its schema cannot be applied" in refused.message
    assert refused.hint == "Correct the schema and publish it as a new revision."


@ALL
@pytest.mark.parametrize(
    "endless",
    [
        ITSELF,
        {"properties": {"a": {"$ref": "#/properties/b"}, "b": {"$ref": "#/properties/a"}}},
        {"properties": {"a": {"dependencies": {"b": {"$ref": "#/properties/a"}}}}},
    ],
)
def test_a_schema_that_judges_a_value_by_itself_is_unfit(
    draft: Draft, endless: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="without end"):
        CapsuleValidator({"$schema": uri(draft), **endless}, LATEST)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (
            {"pattern": "*abc"},
            r"\$.properties.a.pattern: '\*abc' cannot be applied: .* not a valid pattern",
        ),
        ("string", r"\$.properties.a: 'string' is not a schema"),
        (None, r"\$.properties.a: None is not a schema"),
        ({"minLength": "5"}, r"\$.properties.a.minLength"),
        ({"divisibleBy": 0}, r"\$.properties.a.divisibleBy"),
        ({"enum": 5}, r"\$.properties.a.enum"),
        ({"items": {"extends": [5]}}, r"\$.properties.a.items.extends"),
        ({"$ref": 5}, "not a reference"),
        ({"$ref": "#/description"}, "not a schema"),
    ],
)
def test_a_draft_3_schema_on_which_the_judge_stumbles_is_unfit(broken: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        CapsuleValidator({"description": "", "properties": {"a": broken}}, LATEST)


@pytest.mark.parametrize(
    "sloppy",
    [
        {"type": "strin"},
        {"type": "string", "minlength": "5"},
        {"type": ["string", "nul"]},
        {"type": "string", "required": "true"},
        {"enum": []},
        {"items": [], "dependencies": {"b": []}},
        {"anyOf": 7, "const": 5},
    ],
)
def test_a_draft_3_schema_that_no_draft_allows_judges_what_it_can(sloppy: dict[str, Any]) -> None:
    validator = CapsuleValidator({"properties": {"a": sloppy, "b": {"type": "string"}}}, LATEST)
    if "required" not in sloppy:
        validator.validate({**CAPSULE, "event": {"b": "x"}})


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "a", "string", "object", "#", "#/properties/a", "^(a+)+$", "*", "\ud800"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                """a $ref $schema $id id type properties patternProperties additionalProperties
                items additionalItems extends disallow dependencies required pattern enum minimum
                divisibleBy uniqueItems anyOf allOf oneOf not if then const contains propertyNames
                $defs $dynamicRef $recursiveRef $anchor $dynamicAnchor unevaluatedProperties format
                definitions default minLength dependentSchemas unevaluatedItems""".split()  # noqa: SIM905
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@ALL
@given(
    schema=st.dictionaries(
        st.sampled_from(["properties", "extends", "anyOf", "items", "dependencies", "$ref"]), JSON
    ),
    of_a=JSON,
    events=st.lists(JSON, min_size=1, max_size=3),
)
def test_any_json_is_a_schema_or_a_value_error_and_any_event_has_one_verdict(
    draft: Draft, schema: dict[str, Any], of_a: Any, events: list[Any]
) -> None:
    schema = {**schema, "$schema": uri(draft)}
    if isinstance(schema.setdefault("properties", {}), dict):
        schema["properties"]["a"] = of_a
    try:
        validator = CapsuleValidator(schema, LATEST)
    except ValueError:
        return
    for event in [*events, {"a": events[0]}]:
        assert verdict(validator, event) == verdict(CapsuleValidator(schema, LATEST), event)


def verdict(validator: CapsuleValidator, event: Any) -> tuple[str, str] | None:
    try:
        validator.validate({**CAPSULE, "event": event})
    except Unforeseen as ours:
        raise ours.error from ours
    except EventFault as refused:
        return refused.path, refused.message
    return None


@pytest.mark.parametrize("pattern", ["(?x) a b", "*a", "a(?#c)"])
def test_a_pattern_of_names_that_is_none_makes_a_schema_unfit(pattern: str) -> None:
    with pytest.raises(ValueError, match="is not a valid pattern"):
        CapsuleValidator({"patternProperties": {pattern: {}}}, LATEST)


def test_patterns_of_names_that_are_none_together_make_a_schema_unfit() -> None:
    with pytest.raises(ValueError, match="is not a valid pattern"):
        CapsuleValidator({"patternProperties": {"b": {}, "(?i)a": {}}}, LATEST)
