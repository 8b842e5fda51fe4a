"""Room for sources is made by those of topics that were made anew, and by no other."""

from __future__ import annotations

import pytest

from elfaust.events.known_sources import at_most, make_room, superseded

OLD, NEW, OTHER = "raw@1", "raw@2", "other@1"


def test_a_source_is_superseded_by_a_later_one_of_its_topic() -> None:
    assert superseded([OLD, OTHER, NEW]) == [OLD]
    assert superseded(["raw", OLD, NEW]) == ["raw", OLD]
    assert superseded(["", "made up", OTHER]) == []


@pytest.mark.parametrize(
    ("sources", "kept"),
    [
        ([OLD, OTHER], [OLD, OTHER]),
        ([OLD, OTHER, NEW], [NEW, OTHER]),
        ([OLD, OTHER, "made up"], [OLD, OTHER]),
        (["raw", OLD, OTHER, "made up", NEW], [NEW, OTHER]),
    ],
)
def test_the_first_two_are_kept_without_those_that_are_superseded(
    sources: list[str], kept: list[str]
) -> None:
    assert list(at_most(dict.fromkeys(sources, 0), 2)) == kept


def test_room_is_made_where_a_topic_has_a_later_source() -> None:
    known = {OLD: 1, OTHER: 2}
    assert not make_room(known, "made up", 2)
    assert make_room(known, "made up", 3)
    assert known == {OLD: 1, OTHER: 2}
    assert make_room(known, NEW, 2)
    assert known == {OTHER: 2}
