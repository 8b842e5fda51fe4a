from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.graphite.rising import Rising


@pytest.mark.parametrize(
    ("readings", "total"),
    [
        ([3, 5, 5, 9], 9),
        # Not known for a moment, or two; or part of it.
        ([9, 0, 12], 12),
        ([9, 0, 0, 12], 12),
        ([9, 5, 12], 12),
        # It has begun again.
        ([9, 0, 2, 4], 13),
        ([9, 2, 4], 11),
    ],
)
def test_what_rose(readings: list[int], total: int) -> None:
    rising = Rising()
    for number in readings:
        rising.read(number)
    assert rising.total == total


@given(st.lists(st.integers(0, 9)), st.data())
def test_readings_of_nothing_count_nothing(steps: list[int], data: st.DataObject) -> None:
    rising, number = Rising(), 0
    for step in steps:
        number += step
        rising.read(number)
        for _ in range(data.draw(st.integers(0, 2))):
            rising.read(0)
    assert rising.total == number
