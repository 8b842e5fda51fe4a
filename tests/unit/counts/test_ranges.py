"""Positions are remembered in any order, in little room."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.counts import ranges as position_ranges
from elfaust.counts.ranges import MAX_RANGES, Ranges, add, is_ranges
from elfaust.delivery.batch import MAX_SOURCES

POSITIONS = st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 40)), max_size=80)


@given(POSITIONS)
def test_each_position_is_new_once(positions: list[tuple[str, int]]) -> None:
    ranges: Ranges = {}
    seen: set[tuple[str, int]] = set()
    for mark in positions:
        assert add(ranges, *mark) == (mark not in seen)
        seen.add(mark)
        assert is_ranges(ranges)
    for source, bounds in ranges.items():
        held = [
            n
            for first, end in zip(bounds[::2], bounds[1::2], strict=True)
            for n in range(first, end)
        ]
        assert held == sorted(n for of, n in seen if of == source)


@given(POSITIONS, st.randoms())
def test_no_order_matters(positions: list[tuple[str, int]], order: Random) -> None:
    one, other = Ranges(), Ranges()
    shuffled = list(positions)
    order.shuffle(shuffled)
    counted = [sum(add(one, *mark) for mark in positions), sum(add(other, *m) for m in shuffled)]
    assert one == other
    assert counted == [len(set(positions))] * 2


@given(POSITIONS, st.integers(2, 4))
def test_a_full_set_takes_nothing_twice(positions: list[tuple[str, int]], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(position_ranges, "MAX_RANGES", most)
        ranges: Ranges = {}
        for mark in positions:
            add(ranges, *mark)
            assert not add(ranges, *mark)
            assert sum(map(len, ranges.values())) <= 2 * most
        assert not any(add(ranges, *mark) for mark in positions)
        assert is_ranges(ranges)


def test_the_newest_positions_are_told_apart_however_many_there_are() -> None:
    ranges: Ranges = {}
    for position in range(0, 6 * MAX_RANGES, 2):
        assert add(ranges, "raw", position)
    [bounds] = ranges.values()
    assert len(bounds) == 2 * MAX_RANGES
    newest = range(4 * MAX_RANGES + 3, 6 * MAX_RANGES, 2)
    assert all(add(ranges, "raw", position) for position in newest)
    # As late as that nobody tells.
    assert not add(ranges, "raw", 1)


def test_made_up_sources_take_no_room() -> None:
    ranges: Ranges = {}
    assert all(add(ranges, f"source {n}", 0) for n in range(1_000))
    assert len(ranges) == MAX_SOURCES


def test_a_topic_that_is_made_anew_again_and_again_is_known_by_its_newest_id() -> None:
    ranges: Ranges = {}
    for n in range(3 * MAX_SOURCES):
        assert add(ranges, f"raw@{n}", 0)
        assert not add(ranges, f"raw@{n}", 0)
    assert len(ranges) == MAX_SOURCES
