"""The reference words a fault of whatever schema jsonschema-rs takes, and never fails on it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.schema.validation import recursion, references
from elfaust.schema.validation.drafts import Draft
from elfaust.schema.validation.validator import Validator
from tests.unit.schema.validation.building import NEWER, VALUE, fault, uri

BOOLEAN_ITEMS = [draft for draft in NEWER if draft.name in ("06", "07", "2019-09")]


@pytest.mark.parametrize("draft", BOOLEAN_ITEMS)
@pytest.mark.parametrize("items", [True, {}])
def test_additional_items_beside_items_that_are_true(draft: Draft, items: Any) -> None:
    part = {"type": "array", "items": items, "additionalItems": False, "minItems": 3}
    found = fault({"$schema": uri(draft), "properties": {"a": part}}, {"a": [1]})
    assert (found.message, found.path) == ("[1] is too short", "$.event.a")


@pytest.mark.parametrize("items", [True, {}])
def test_unevaluated_items_beside_items_that_are_true(items: Any) -> None:
    [draft] = [draft for draft in NEWER if draft.name == "2019-09"]
    part = {"items": items, "unevaluatedItems": False, "minItems": 3}
    found = fault({"$schema": uri(draft), "properties": {"a": part}}, {"a": [1]})
    assert found.message == "[1] is too short"


def test_a_condition_without_a_consequence_is_not_judged_by() -> None:
    [draft] = [draft for draft in NEWER if draft.name == "2020-12"]
    part = {"if": {"$dynamicRef": "#nowhere"}, "maxLength": 1}
    found = fault({"$schema": uri(draft), "properties": {"a": part}}, {"a": "xy"})
    assert found.message == "'xy' is too long"


SMALL = st.sampled_from([{}, {"type": "string"}, {"minimum": 2}, {"enum": [1, "a"]}, True, False])
SINGLE = ["additionalProperties", "additionalItems", "not", "contains", "propertyNames", "if"]
SINGLE += ["then", "else", "unevaluatedItems", "unevaluatedProperties", "items"]
LISTS = ["allOf", "anyOf", "oneOf", "prefixItems", "items"]
BY_NAME = ["properties", "patternProperties", "dependentSchemas", "dependencies"]
PLAIN = [
    *({name: count} for name in ("minItems", "maxLength", "minContains") for count in (0, 2)),
    *({"multipleOf": number} for number in (2, 0.5, 1e308, 2**70)),
    {"exclusiveMinimum": 1},
    {"uniqueItems": True},
    {"required": ["a"]},
    {"dependencies": {"a": ["b"]}},
    {"$ref": "#/definitions/d"},
    {"$recursiveRef": "#"},
    {"$dynamicRef": "#nowhere"},
]


def parts(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Up to four keywords that stand beside each other."""

    def of(name: str) -> st.SearchStrategy[dict[str, Any]]:
        lists = st.lists(inner, min_size=1, max_size=2)
        value: st.SearchStrategy[Any] = lists if name in LISTS else inner
        if name == "items":
            value = inner | lists
        elif name in BY_NAME:
            value = st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
        return value.map(lambda chosen: {name: chosen})

    plain: st.SearchStrategy[dict[str, Any]] = st.sampled_from(PLAIN)
    keyword = st.sampled_from([*SINGLE, *LISTS, *BY_NAME]).flatmap(of) | plain
    beside = st.lists(keyword, min_size=1, max_size=4)
    return beside.map(lambda found: {key: of for one in found for key, of in one.items()})


@given(
    st.sampled_from(NEWER),
    st.recursive(SMALL, parts, max_leaves=4).filter(lambda of: isinstance(of, dict)),
    st.lists(VALUE, max_size=4),
)
def test_the_reference_fails_on_no_schema_that_is_fit(
    draft: Draft, schema: dict[str, Any], values: list[Any]
) -> None:
    schema = {**schema, "definitions": {"d": {"items": True, "additionalItems": False}}}
    try:
        references.check(schema)
        judge = Validator(schema, draft)
    except ValueError:
        return
    if recursion.endless(schema):
        return
    for value in (*values, [1, 1.0, "a"], {"a": [1], "b": "x"}):
        judge.errors(value)
