"""What a finding names of many."""

from __future__ import annotations

import pytest

from elfaust.sinks.audit_finding import more, some


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["b", "a"], "a, b"),
        (["c", "b", "a"], "a, b, c"),
        (["d", "c", "b", "a"], "a, b, c and 1 more"),
        ([f"{n:03}" for n in range(500)], "000, 001, 002 and 497 more"),
    ],
)
def test_the_first_three_by_name_and_how_many_more(names: list[str], said: str) -> None:
    assert some(names) == said
    assert some(set(names)) == said


def test_how_many_more_there_are() -> None:
    assert [more(number) for number in (0, 3, 4)] == ["", "", " and 1 more"]
