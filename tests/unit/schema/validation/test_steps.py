"""Steps are counted, and what counts them ends by number alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import ValidationError

from elfaust.schema.validation.steps import MAX_NESTED, TooManySteps, counted, limited, spend


def refuse(_: Any, value: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    for _n in range(value):
        yield ValidationError("no")


def nest(_: Any, value: int, instance: Any, __: Any) -> Iterator[ValidationError]:
    if value:
        yield from counted("a", nest)(None, value - 1, instance, None) or ()


def steps(value: Any, instance: Any, limit: int) -> int:
    with limited(limit):
        return len(list(counted("a", refuse)(None, value, instance, None) or ()))


def test_a_keyword_and_each_of_its_errors_is_a_step() -> None:
    assert steps(3, None, 4) == 3
    with pytest.raises(TooManySteps, match="more than 3 steps"):
        steps(3, None, 3)


def test_what_is_large_counts_more() -> None:
    assert steps(0, [None] * 49, 1) == 0
    with pytest.raises(TooManySteps):
        steps(0, [None] * 50, 1)


def test_keywords_nest_so_deep_and_no_deeper() -> None:
    with limited(1_000):
        list(counted("a", nest)(None, MAX_NESTED - 1, None, None) or ())
        with pytest.raises(TooManySteps, match=f"more than {MAX_NESTED} keywords"):
            list(counted("a", nest)(None, MAX_NESTED, None, None) or ())


def test_nothing_counts_outside() -> None:
    spend(10**9)
    assert len(list(counted("a", refuse)(None, 1_000, None, None) or ())) == 1_000
