"""The worst fault of a plain value is the one that `jsonschema` has, in its words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema.exceptions import best_match

from elfaust.schema.validation.drafts import DRAFT3
from elfaust.schema.validation.steps import limited
from elfaust.schema.validation.validator import error_weight, fault_of
from elfaust.schema.validation.worst_fault import WorstFault
from tests.unit.schema.validation.building import SCHEMA, VALUE

TEXT, WHOLE = {"type": "string"}, {"type": "integer", "required": True}
PLAIN = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "a": WHOLE,
        "b": {"type": "string", "enum": ["x", "y"]},
        "c": {"type": "array", "items": TEXT},
        "d": {"properties": {"a": WHOLE}, "additionalProperties": TEXT},
        "f": {"type": "number", "minimum": 1, "maximum": 2.5},
        "g": {"enum": [1, "x"]},
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
        "f": st.sampled_from([1, 2.5, True, "1", 0, 3]),
    },
)


def told(error: Any) -> tuple[Any, ...]:
    of = error.validator_value
    return (error.message, error.validator, of, list(error.absolute_path), error.instance)


def check(schema: dict[str, Any], value: Any) -> bool:
    """Fail where it says what `jsonschema` does not; tell whether it says anything."""
    validator = DRAFT3.python(schema)
    found = WorstFault(schema).of(value)
    if found is not None:
        with limited():
            errors = list(validator.iter_errors(value))
        error = best_match(errors, key=error_weight)
        assert told(found) == told(error)
        assert found.schema == error.schema
        assert vars(fault_of(found, ("x",))) == vars(fault_of(error, ("x",)))
    return found is not None


@given(VALUES)
def test_it_is_that_of_jsonschema(value: dict[str, Any]) -> None:
    check(PLAIN, value)


@given(SCHEMA, VALUE)
def test_it_is_none_or_that_of_jsonschema_by_any_schema(schema: dict[str, Any], value: Any) -> None:
    check(schema, value)


@pytest.mark.parametrize(
    "value",
    [
        {"a": "1", "b": 1, "c": [1, 2], "e": 1},
        {"b": 1, "d": {"e": 1}},
        {"b": "z"},
        {},
        {"a": "1"},
        {"a": 1, "b": "z"},
        {"a": 1, "e": 1},
        {"a": 1, "c": [1]},
        [],
        "x",
    ],
)
def test_a_fault_of_a_plain_schema_is_told(value: Any) -> None:
    assert check(PLAIN, value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (PLAIN, {"a": 1}),
        (PLAIN, {"f": 0}),
        (PLAIN, {"a": "1", "f": 3.0}),
        (PLAIN, {"a": "1", "g": 5}),
        ({"minimum": 1}, 0),
        ({"maximum": 1}, 2.0),
        ({"minimum": True}, "a"),
        ({"type": ["string"]}, 1),
        ({"enum": [1]}, 2),
        (TEXT, list(range(100_000))),
        ({"items": TEXT}, list(range(1_000))),
        ({"properties": {}, "additionalProperties": [TEXT]}, {"a": 1}),
        ({"items": {"items": TEXT}}, [["a"] * 29] * 30 + [[1]]),
        ({"items": {"properties": {"a": TEXT}}}, [{"a": "a"}] * 300 + [{"a": 1}]),
        ({"properties": {"a": {"maxLength": 1}}}, {"a": 0}),
    ],
)
def test_all_else_is_left_to_jsonschema(schema: dict[str, Any], value: Any) -> None:
    assert not check(schema, value)


@pytest.mark.parametrize("count", [1, 10, 60, 100, 300, 700])
@pytest.mark.parametrize("text", ["", "x" * 50, "x" * 900])
def test_whatever_takes_too_many_steps_is_left_to_jsonschema(count: int, text: str) -> None:
    nested = {"items": {"properties": {"a": {"properties": {"b": WHOLE, "c": WHOLE}}}}}
    check(nested, [{"a": {"b": text}}] * count)
    check(
        {"additionalProperties": False, "properties": {"a": nested}}, {text: 1, "a": [{}] * count}
    )
    check({"properties": {str(n): {**TEXT, "enum": ["x"] * 200} for n in range(count)}},
          {str(n): text for n in range(count)})  # fmt: skip
