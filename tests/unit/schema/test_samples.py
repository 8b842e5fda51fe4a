"""Events that are made up from schemas: valid as the judge sees them, and with one fault not."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft3Validator, Draft4Validator, Draft202012Validator

from elfaust.schema.samples import Simplest, examples, misfits, sample
from elfaust.schema.shape import shape_of
from tests import REPOSITORY

FILES = sorted((REPOSITORY / "schemas").glob("*/*.json"))
DRAFTS: dict[str, Any] = {
    "http://json-schema.org/draft-03/schema#": Draft3Validator,
    "http://json-schema.org/draft-04/schema#": Draft4Validator,
    "https://json-schema.org/draft/2020-12/schema": Draft202012Validator,
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_every_schema_of_the_folder_has_valid_samples_and_others(file: Path) -> None:
    schema, of = json.loads(file.read_text()), random.Random(1)
    place = shape_of(schema)
    validator = Draft3Validator({**schema, "type": "object"})
    events = [sample(place, of) for _ in range(30)]
    assert all(validator.is_valid(event) for event in events)
    assert not all(validator.is_valid(event) for event in misfits(place, events[0]))


@pytest.mark.parametrize(
    ("draft", "keywords"),
    [
        (4, {"type": "integer", "minimum": 3, "exclusiveMinimum": True, "maximum": 5}),
        (4, {"type": "integer", "maximum": -7}),
        (4, {"type": "integer", "minimum": 1, "maximum": 99, "multipleOf": 33}),
        (4, {"type": "string", "minLength": 30, "maxLength": 31}),
        (4, {"type": "string", "maxLength": 2}),
        (4, {"type": "array", "items": {"type": "boolean"}, "minItems": 5}),
        (4, {"type": "array", "minItems": 2}),
        (4, {"type": ["null", "string"]}),
        (4, {"enum": [4, "a", None]}),
        (2020, {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5}),
        (2020, {"type": "number", "minimum": 0.5, "maximum": 0.75, "multipleOf": 0.25}),
        (2020, {"const": {"a": 1}}),
        (2020, {"type": "string", "examples": ["a", "b"], "pattern": "^[ab]$"}),
        (4, {"type": "integer", "minimum": -9, "maximum": -3}),
        (4, {"type": "number", "maximum": -4.5}),
        (4, {"type": "object"}),
        (4, {}),
        (2020, {"type": "integer", "default": 3, "minimum": "x", "maxLength": None}),
        (2020, {"type": "object", "properties": {"b": {"type": "number"}}, "required": ["b"]}),
    ],
)
def test_keywords_are_kept(draft: int, keywords: dict[str, Any]) -> None:
    name, kind = list(DRAFTS.items())[1 if draft == 4 else 2]
    schema = {"$schema": name, "properties": {"a": keywords}, "required": ["a"]}
    place, of = shape_of(schema), random.Random(2)
    validator = kind(schema)
    for event in (sample(place, Simplest()), *(sample(place, of) for _ in range(50))):
        # A schema may hold anything where a keyword wants a number, and then says nothing there.
        assert "x" in keywords.values() or validator.is_valid(event), event


def test_an_example_has_every_property_and_is_the_same_every_time() -> None:
    members = {
        "n": {"type": "number"},
        "t": {"type": "boolean"},
        "s": {"type": "string", "default": "by default"},
        "d": {"type": "string", "format": "date"},
    }
    place = shape_of({"type": "object", "properties": members})
    assert list(examples(place, 1)) == [{"n": 1, "t": True, "s": "by default", "d": "2020-09-13"}]
    assert list(examples(place, 20)) == list(examples(place, 20))


def test_no_schema_makes_an_example_long() -> None:
    long = {"type": "string", "minLength": 10**9}
    place = shape_of({"properties": {"a": {"type": "array", "minItems": 10**9, "items": long}}})
    [event] = examples(place, 1)
    assert (len(event["a"]), len(event["a"][0])) == (100, 1_000)


def test_no_schema_makes_an_example_wide() -> None:
    members = {f"k{n}": {"type": "string"} for n in range(1_000)}
    schema: dict[str, Any] = {"properties": members, "required": list(members)}
    for _ in range(3):
        of = {"type": "array", "minItems": 100, "items": {**schema, "type": "object"}}
        schema = {"properties": {"a": of}, "required": ["a"]}
    for event in examples(shape_of({"$schema": list(DRAFTS)[1], **schema}), 3):
        assert len(repr(event)) < 100_000


def test_steps_that_are_too_fine_for_their_bounds_are_passed_over() -> None:
    number = {"type": "number", "minimum": 1e308, "divisibleBy": 1e-300}
    assert list(examples(shape_of({"properties": {"a": number}}), 1)) == [{"a": 1}]


NUMBERS = st.integers(-(10**400), 10**400) | st.floats() | st.booleans() | st.text(max_size=2)
KEYWORDS = [f"{side}{kind}" for side in ("min", "max") for kind in ("imum", "Length", "Items")]
KEYWORDS += ["exclusiveMinimum", "exclusiveMaximum", "multipleOf", "divisibleBy", "default"]


@given(
    kind=st.sampled_from(["integer", "number", "string", "array", "object", "any", None]),
    keywords=st.dictionaries(st.sampled_from([*KEYWORDS, "enum", "examples", "format"]), NUMBERS),
)
def test_whatever_a_schema_says_something_is_made_up(kind: Any, keywords: dict[str, Any]) -> None:
    place = shape_of({"properties": {"a": {"type": kind, **keywords}}})
    for event in examples(place, 5):
        assert len(repr(event)) < 200_000
