"""jsonschema-rs on translated schemas and `jsonschema` on the schema as written agree."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft3Validator

from elfaust.errors import EventFault
from elfaust.validation import Validator, _compile, encapsulate

LEAF = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(
            ["string", "integer", "number", "boolean", "any", "null", ["string", "integer"]]
        ),
        "required": st.booleans(),
        "enum": st.just(["a", 1, None]),
        "minimum": st.integers(-3, 3),
        "maximum": st.integers(-3, 3),
        "maxLength": st.integers(0, 3),
        "divisibleBy": st.integers(1, 3),
        "disallow": st.sampled_from(["string", ["integer", "null"]]),
    },
)
SCHEMA = st.recursive(
    LEAF,
    lambda inner: (
        st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.dictionaries(st.sampled_from("ab"), inner),
            },
            optional={
                "additionalProperties": st.booleans(),
                "extends": inner,
                "required": st.booleans(),
            },
        )
        | st.fixed_dictionaries({"type": st.just("array"), "items": inner})
    ),
    max_leaves=6,
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text("ab", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)


@given(SCHEMA, VALUE)
def test_what_the_fast_validator_takes_the_reference_takes(
    schema: dict[str, Any], value: Any
) -> None:
    fast = _compile(schema)
    if fast is not None and fast.is_valid(value):
        assert Draft3Validator(schema).is_valid(value)


@pytest.mark.parametrize("reference", ["file:///etc/passwd", "http://127.0.0.1:9/schema"])
def test_no_schema_reads_files_or_urls(reference: str) -> None:
    validator = Validator({"properties": {"a": {"$ref": reference}}})
    with pytest.raises(EventFault, match="refers"):
        validator.validate({"a": 1})


def test_unknown_properties_are_refused_with_their_place() -> None:
    validator = Validator(encapsulate({"properties": {"a": {"type": "string"}}}))
    capsule = {"schema": "Edit", "revision": 1, "wiki": "w", "uuid": "u", "recvFrom": "h"}
    validator.validate({**capsule, "event": {"a": "x"}})
    with pytest.raises(EventFault, match="Additional properties") as caught:
        validator.validate({**capsule, "event": {"b": 1}})
    assert caught.value.path == "$.event"
    with pytest.raises(EventFault) as caught:
        validator.validate({**capsule, "event": {"a": 1}})
    assert (caught.value.code, caught.value.path) == ("validation", "$.event.a")
