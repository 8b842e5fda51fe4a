"""What changing a keyword does, and which draft knows it."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.schema.changes.keywords import ABSENT, effect, knows, same


@pytest.mark.parametrize(
    ("draft", "keyword", "known"),
    [
        ("03", "const", False),
        ("06", "const", True),
        ("03", "extends", True),
        ("04", "extends", False),
        ("2020-12", "additionalItems", False),
        ("2019-09", "prefixItems", False),
        ("03", "minimum", True),
    ],
)
def test_a_draft_knows_its_keywords(draft: str, keyword: str, known: bool) -> None:
    assert knows(draft, keyword) is known


@pytest.mark.parametrize(
    ("keyword", "was", "now", "breaking"),
    [
        ("minimum", 1, 2, True),
        ("maximum", 1, 2, False),
        ("maximum", ABSENT, 2, True),
        ("minimum", 1, ABSENT, False),
        ("exclusiveMinimum", False, True, True),
        ("exclusiveMinimum", True, False, False),
        ("minContains", 1, 2, True),
        ("minContains", 0, ABSENT, True),
        ("minContains", ABSENT, 0, False),
        ("minContains", 2, ABSENT, False),
        ("minContains", ABSENT, 1, False),
        ("multipleOf", 4, 2, False),
        ("divisibleBy", 2, 0, None),
        ("minimum", "a", 2, None),
        ("not", {}, {"type": "string"}, None),
        ("not", {}, ABSENT, False),
        ("$ref", "#/a", ABSENT, None),
        ("x-owner", "a", "b", False),
    ],
)
def test_what_a_change_does(keyword: str, was: Any, now: Any, breaking: bool | None) -> None:
    found = effect(keyword, was, now)
    assert found is not None
    assert found.breaking is breaking


def test_titles_are_nobody_s_concern() -> None:
    assert effect("title", "a", "b") is None


def test_the_same_json() -> None:
    assert same(1, 1.0)
    assert same({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert not same(True, 1)
    assert not same(ABSENT, None)
