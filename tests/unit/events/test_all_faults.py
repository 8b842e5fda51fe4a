"""Every fault of a value, the worst first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from elfaust.errors import EventFault
from elfaust.events.all_faults import faults_of
from elfaust.schema.dialect import LATEST
from elfaust.schema.validation.capsule_validator import CapsuleValidator
from elfaust.schema.validation.drafts import DRAFT3, Draft, draft_of
from elfaust.schema.validation.validator import Validator
from tests.unit.schema.validation.building import CAPSULE, SCHEMA, VALUE

DRAFT7 = draft_of({"$schema": "http://json-schema.org/draft-07/schema#"})


def told(schema: dict[str, Any], value: Any, draft: Draft = DRAFT7) -> list[tuple[str, str]]:
    faults = faults_of(Validator(schema, draft), value, ("event",))
    return [(fault.path, fault.hint) for fault in faults]


def test_each_fault_has_its_path_and_hint() -> None:
    schema = {
        "required": ["a"],
        "properties": {
            "a": {},
            "b": {"type": "integer"},
            "c": {"enum": ["click", 5]},
            "d": {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 5}]},
        },
    }
    assert sorted(told(schema, {"b": "x", "c": "clik", "d": 3})) == [
        ("$.event.a", "Send $.event.a, which the schema requires."),
        ("$.event.b", "Send $.event.b as integer."),
        ("$.event.c", "Send $.event.c as one of 'click', 5. Did you mean 'click'?"),
        ("$.event.d", "Send $.event.d as 5 or more."),
    ]


def test_what_fits_has_no_fault() -> None:
    assert told({"type": "integer"}, 5) == []


def test_a_judge_that_fails_is_told_of_once() -> None:
    [(_, hint)] = told({"properties": {"a": {"type": "strin"}}}, {"a": 1}, DRAFT3)
    assert hint == "Correct the schema and publish it as a new revision."


def test_capsule_and_event_are_judged_both() -> None:
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {}}
    validator = CapsuleValidator(schema, LATEST)
    parts = validator.parts({**CAPSULE, "webhost": 1, "event": {"x": 1}})
    assert [f.path for part in parts for f in faults_of(*part)] == ["$", "$.event"]


@given(SCHEMA, VALUE)
def test_the_first_is_the_verdict_s(schema: dict[str, Any], value: Any) -> None:
    validator = Validator(schema)
    faults = faults_of(validator, value, ())
    if not faults:
        validator.validate(value)
        return
    with pytest.raises(EventFault) as refused:
        validator.validate(value)
    first = refused.value
    assert (faults[0].message, faults[0].path) == (first.message, first.path)
    assert len(faults) == max(1, len(validator.errors(value)[0]))
