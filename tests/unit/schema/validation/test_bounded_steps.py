"""Validating ends within a bound of steps, whatever the schema and the event."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest

from elfaust.schema.dialect import LATEST
from elfaust.schema.validation.capsule_validator import CapsuleValidator
from elfaust.schema.validation.drafts import DRAFT3, Draft
from tests.unit.schema.validation.building import ALL, CAPSULE, ITSELF, NEWER, fault, uri


@pytest.mark.parametrize("draft", [DRAFT3, *NEWER], ids=["03", *(d.name for d in NEWER)])
def test_a_pattern_that_backtracks_costs_no_time(draft: Draft) -> None:
    schema = {"$schema": uri(draft), "properties": {"a": {"pattern": "^(a+)+$"}}}
    started = process_time()
    refused = fault(schema, {"a": "a" * 40 + "!"})
    # Python's own engine would take years.
    assert process_time() - started < 10
    assert refused.message.endswith("does not match '^(a+)+$'")
    assert refused.hint == "Send $.event.a so that it matches ^(a+)+$."


def nested(levels: int, leaf: Any = "x") -> Any:
    for _ in range(levels):
        leaf = {"a": leaf}
    return leaf


def in_two_ways(draft: Draft) -> dict[str, Any]:
    """A schema that comes to itself in two ways: steps double at each level."""
    ways = {"type": [ITSELF, {"extends": ITSELF}]} if draft is DRAFT3 else {"anyOf": [ITSELF] * 2}
    return {"$schema": uri(draft), "type": "object", "properties": {"a": ways}}


@ALL
def test_a_schema_whose_steps_multiply_is_judged_within_a_bound(draft: Draft) -> None:
    started = process_time()
    refused = fault(in_two_ways(draft), nested(38))
    # Without a bound it takes longer than anybody lives.
    assert process_time() - started < 10
    assert (refused.code, refused.path) == ("validation", "$.event")
    assert refused.message == "validating it takes more than 20,000 steps"
    assert "20,000" not in fault(in_two_ways(draft), nested(3)).message


def test_what_takes_too_many_steps_is_told_the_same_every_time() -> None:
    said = [fault(in_two_ways(DRAFT3), nested(38)).message for _ in range(2)]
    assert said[0] == said[1] == "validating it takes more than 20,000 steps"


@ALL
def test_a_schema_whose_steps_multiply_takes_what_fits(draft: Draft) -> None:
    if draft is not DRAFT3:
        validator = CapsuleValidator(in_two_ways(draft), LATEST)
        validator.validate({**CAPSULE, "event": nested(38, {})})
    CapsuleValidator(in_two_ways(draft), LATEST).validate({**CAPSULE, "event": nested(4, {})})


@ALL
@pytest.mark.parametrize("keyword", ["additionalProperties", "unevaluatedProperties"])
def test_patterns_of_properties_cost_no_time(draft: Draft, keyword: str) -> None:
    schema = {
        "$schema": uri(draft),
        "patternProperties": {"^(a+)+$": {"type": "string"}, "^(a+)+!$": {"type": "integer"}},
        keyword: False,
    }
    started = process_time()
    refused = fault(schema, {"a" * 40 + "!": "x"})
    assert process_time() - started < 10
    assert refused.message == "'x' is not of type 'integer'"


def test_a_pattern_that_gives_up_is_named_wherever_it_stands() -> None:
    pattern = {"pattern": "(a+)+\\1b$"}
    for schema in (pattern, {"disallow": [{"type": "string", **pattern}]}):
        refused = fault({"properties": {"a": schema}}, {"a": "a" * 3_000})
        assert "more than 100,000 steps for the pattern '(a+)+" in refused.message


def test_many_errors_count_and_the_worst_of_those_found_is_told() -> None:
    required = {str(n): {"required": True} for n in range(100)}
    schema = {"properties": {"l": {"items": {"type": "object", "properties": required}}}}
    started = process_time()
    refused = fault(schema, {"l": [{}] * 1_000})
    assert process_time() - started < 10
    assert (
        "is a required property (and there may be worse faults: validating all of it"
        in refused.message
    )
