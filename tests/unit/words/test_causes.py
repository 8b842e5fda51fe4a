"""What is wrong with a value, in words for people."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft3Validator, Draft4Validator, Draft7Validator

from elfaust.words.causes import CAUSES, cause, kind_of, shown
from elfaust.words.hints import HINTS, path_of


@pytest.mark.parametrize(
    ("validator", "schema", "value", "said"),
    [
        (Draft4Validator, {"type": "integer"}, None, "$ is null, and its schema wants integer"),
        (Draft4Validator, {"type": "string"}, {}, "$ is an object, and its schema wants string"),
        (
            Draft4Validator,
            {"type": ["string", "null"]},
            5,
            "$ is 5, and its schema wants string or",
        ),
        (Draft3Validator, {"type": ["null", {"type": "array"}]}, "a", "null or another schema"),
        (Draft4Validator, {"enum": ["a", "b"]}, True, "$ is true, which its schema does not list"),
        (Draft7Validator, {"const": "a"}, "b", '$ is "b", not "a"'),
        (Draft4Validator, {"required": ["a"]}, {}, "$.a is missing"),
        (Draft3Validator, {"properties": {"a": {"required": True}}}, {}, "$.a is missing"),
        (Draft4Validator, {"additionalProperties": False}, {"a'": 1}, '"a\'"'),
        (Draft4Validator, {"minimum": 3}, 2, "$ is 2, below 3"),
        (Draft4Validator, {"maximum": 3}, 4, "$ is 4, above 3"),
        (Draft4Validator, {"minLength": 3}, "ab", "$ has too few characters: 2"),
        (Draft4Validator, {"maxLength": 1}, "ab", "$ has too many characters: 2"),
        (Draft4Validator, {"minItems": 3}, [1], "$ has too few items: 1"),
        (Draft4Validator, {"maxItems": 0}, [1], "$ has too many items: 1"),
        (Draft4Validator, {"uniqueItems": True}, [1, 1], "$ has an item twice"),
        (Draft4Validator, {"pattern": "^a"}, "b", '$ is "b", which is not of the pattern'),
        (Draft4Validator, {"multipleOf": 2}, 3, "$ is 3, no multiple of 2"),
        (Draft3Validator, {"divisibleBy": 2}, 3, "$ is 3, no multiple of 2"),
        (Draft3Validator, {"disallow": "null"}, None, "$ is null, which its schema does not allow"),
        (Draft3Validator, {"dependencies": {"a": "b"}}, {"a": 1}, "$ lacks a property"),
        (Draft7Validator, {"contains": {"type": "null"}}, [1], "$ does not fit its schema: [1]"),
    ],
)
def test_a_fault_is_a_sentence(validator: Any, schema: Any, value: Any, said: str) -> None:
    [error] = validator(schema).iter_errors(value)
    assert said in cause(error, path_of(error))


def test_each_keyword_with_a_cure_has_a_cause() -> None:
    assert CAUSES.keys() == HINTS.keys()


def test_a_long_value_is_cut() -> None:
    assert len(shown("x" * 10_000)) < 100
    assert shown({1, 2}) == "{1, 2}"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "true or false"),
        (1.5, "a number"),
        ([], "an array"),
        ({}, "an object"),
    ],
)
def test_kinds_are_those_of_json(value: Any, words: str) -> None:
    assert kind_of(value) == words
    assert kind_of("a") == "a text"
