"""jsonschema-rs and `jsonschema` agree, and large numbers are found."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.schema.dialect import LATEST
from elfaust.schema.validation.capsule_validator import CapsuleValidator
from elfaust.schema.validation.drafts import DRAFT3, Draft
from elfaust.schema.validation.rust import CALM_NUMBER, compile_rust
from tests.unit.schema.validation.building import CAPSULE, NEWER, SCHEMA, VALUE, uri


@given(SCHEMA, VALUE)
def test_what_the_fast_validator_takes_the_reference_takes(
    schema: dict[str, Any], value: Any
) -> None:
    if compile_rust(schema, DRAFT3).is_valid(value):
        assert DRAFT3.python(schema).is_valid(value)


NEWER_LEAF = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "number", "null", ["string", "boolean"]]),
        "enum": st.just(["a", 1, None]),
        "minimum": st.integers(-3, 3),
        "maxLength": st.integers(0, 3),
        "multipleOf": st.integers(1, 3),
        "not": st.just({"type": "string"}),
        "pattern": st.sampled_from(["^a", "b$"]),
    },
)

NEWER_SCHEMA = st.recursive(
    NEWER_LEAF,
    lambda inner: (
        st.fixed_dictionaries(
            {"properties": st.dictionaries(st.sampled_from("ab"), inner)},
            optional={
                "required": st.just(["a"]),
                "additionalProperties": st.booleans(),
                "allOf": st.lists(inner, min_size=1, max_size=2),
                "anyOf": st.lists(inner, min_size=1, max_size=2),
            },
        )
        | st.fixed_dictionaries({"items": inner}, optional={"uniqueItems": st.booleans()})
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("draft", NEWER, ids=[draft.name for draft in NEWER])
@given(schema=NEWER_SCHEMA, value=VALUE)
def test_both_agree_in_newer_drafts(draft: Draft, schema: dict[str, Any], value: Any) -> None:
    assert compile_rust(schema, draft).is_valid(value) == draft.python(schema).is_valid(value)


NUMBER = st.integers() | st.floats(allow_nan=False, allow_infinity=False)

NUMBERS = NUMBER | st.sampled_from(
    [CALM_NUMBER, CALM_NUMBER + 1, -CALM_NUMBER - 1, 2**63, 2**64, 10**300, 1e39, -1e300]
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.text(max_size=3) | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)


def is_calm(value: Any) -> bool:
    if isinstance(value, dict | list):
        return all(map(is_calm, value.values() if isinstance(value, dict) else value))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return not is_number or -CALM_NUMBER <= value <= CALM_NUMBER


@given(
    st.sampled_from([DRAFT3, *NEWER]),
    st.dictionaries(st.sampled_from("abc"), ANYTHING, max_size=3),
    st.fixed_dictionaries({}, optional={"seqId": st.integers(), "timestamp": NUMBER}),
)
def test_what_is_said_to_be_calm_has_no_number_that_passes(
    draft: Draft, event: dict[str, Any], fields: dict[str, Any]
) -> None:
    schema = {"$schema": uri(draft), "additionalProperties": True}
    calm = CapsuleValidator(schema, LATEST).validate({**CAPSULE, **fields, "event": event})
    assert calm == (is_calm(event) and is_calm(fields))
