"""The only fault of a plain value is the one that `jsonschema` has, in its words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.schema.validation.drafts import DRAFT3
from elfaust.schema.validation.only_fault import OnlyFault
from tests.unit.schema.validation.building import SCHEMA, VALUE

TEXT, WHOLE = {"type": "string"}, {"type": "integer", "required": True}
PLAIN = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "a": WHOLE,
        "b": {"type": "string", "enum": ["x", "y"]},
        "c": {"type": "array", "items": TEXT},
        "d": {"properties": {"a": WHOLE}},
    },
}
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "a": st.sampled_from([1, 1.0, True, "1", None]),
        "b": st.sampled_from(["x", "z", 1]),
        "c": st.lists(st.sampled_from(["a", 1]), max_size=2) | st.none(),
        "d": st.fixed_dictionaries({}, optional={"a": st.sampled_from([1, "1"]), "e": st.none()}),
        "e": st.integers(),
    },
)


def told(error: Any) -> tuple[Any, ...]:
    of = error.validator_value
    return (error.message, error.validator, of, list(error.absolute_path), error.instance)


def check(schema: dict[str, Any], value: Any) -> bool:
    """Fail where it says what `jsonschema` does not; tell whether it says anything."""
    validator = DRAFT3.python(schema)
    found = OnlyFault(schema).of(value)
    if found is not None:
        [error] = validator.iter_errors(value)
        assert told(found) == told(error)
        assert found.schema == error.schema
    return found is not None


@given(VALUES)
def test_it_is_that_of_jsonschema(value: dict[str, Any]) -> None:
    check(PLAIN, value)


@given(SCHEMA, VALUE)
def test_it_is_none_or_that_of_jsonschema_by_any_schema(schema: dict[str, Any], value: Any) -> None:
    check(schema, value)


@pytest.mark.parametrize(
    "value", [{}, {"a": "1"}, {"a": 1, "b": "z"}, {"a": 1, "e": 1}, {"a": 1, "c": [1]}, [], "x"]
)
def test_one_fault_of_a_plain_schema_is_told(value: Any) -> None:
    assert check(PLAIN, value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (PLAIN, {"a": 1}),
        (PLAIN, {"b": "z"}),
        ({"minimum": 1}, 0),
        ({"type": ["string"]}, 1),
        ({"enum": [1]}, 2),
        (TEXT, list(range(1_000))),
        ({"items": TEXT}, list(range(1_000))),
        ({"properties": {}, "additionalProperties": TEXT}, {"a": 1}),
        ({"items": {"items": TEXT}}, [[["a"] * 20]] * 31 + [[1]]),
        ({"items": {"properties": {"a": TEXT}}}, [{"a": "a"}] * 300 + [{"a": 1}]),
        ({"properties": {"a": {"minimum": 1}}}, {"a": 0}),
        (
            {"properties": {"a": {"required": 1, "minimum": 1}}, "additionalProperties": False},
            {"b": 1},
        ),
    ],
)
def test_all_else_is_left_to_jsonschema(schema: dict[str, Any], value: Any) -> None:
    assert not check(schema, value)
