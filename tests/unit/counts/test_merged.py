"""What several writers have written of an entry is one entry, in whatever order it came."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import pytest

from elfaust.counts.entry import CountKey, to_json
from elfaust.counts.merged import Merged
from elfaust.counts.place import PLAIN, QUOTED, place_of

ENTRY = CountKey(0, "t", "Edit", 7, "", None)
A, B, C = "a" * 12, "b" * 12, "c" * 12


class Shown(dict[CountKey, int | None]):
    """What was shown last of each entry: its count, None where it is there no longer."""

    def show(self, key: CountKey, value: Mapping[str, Any] | None, written: float) -> None:
        self[key] = value["count"] if value else None


def value(count: int) -> bytes:
    return to_json({"count": count, "last": 0, "positions": {}})


def put(merged: Merged, writer: str, count: int | None) -> bool:
    text = None if count is None else value(count)
    return merged.apply(0, place_of(ENTRY).encode(writer), text, 0.0)


@pytest.mark.parametrize("order", list(permutations([(A, 3), (B, 5), (C, 4)])))
def test_of_several_writers_the_one_that_counts_most_is_the_entry(
    order: list[tuple[str, int]],
) -> None:
    shown = Shown()
    merged = Merged(shown.show)
    for writer, count in order:
        assert put(merged, writer, count)
    assert shown[ENTRY] == 5
    place = place_of(ENTRY)
    found = merged.lane(0).value(place.when, place.name)
    assert found is not None
    assert found["count"] == 5
    put(merged, B, None)
    assert shown[ENTRY] == 4
    for writer in (A, C):
        put(merged, writer, None)
    assert shown[ENTRY] is None
    assert merged.lane(0).entries == {}


def test_writers_that_have_written_the_same_take_the_room_of_one() -> None:
    merged = Merged(lambda *_: None)
    for n in range(500):
        assert merged.apply(0, place_of(ENTRY).encode(f"{n:012x}"), value(3 + n // 400), 0.0)
    place = place_of(ENTRY)
    versions = merged.lane(0).entries[place.when][place.name]
    assert len(versions) == 500
    assert len({id(text) for _, text in versions}) == 2
    assert [text for _, text in versions] == [value(4)] * 100 + [value(3)] * 400


@pytest.mark.parametrize("writer", [PLAIN, QUOTED])
def test_an_older_value_of_an_older_version_written_late_is_not_taken(writer: str) -> None:
    shown = Shown()
    merged = Merged(shown.show)
    for count in (63, 62):
        put(merged, writer, count)
    assert shown[ENTRY] == 63
    put(merged, writer, None)
    put(merged, writer, 1)
    assert shown[ENTRY] == 1


def test_a_copy_stays_as_it_is() -> None:
    merged = Merged(lambda *_: None)
    put(merged, A, 3)
    copy, place = merged.lane(0).copy(), place_of(ENTRY)
    put(merged, A, 4)
    found = copy.value(place.when, place.name)
    assert found is not None
    assert found["count"] == 3


def test_a_changelog_that_was_made_anew_is_shown_from_its_beginning() -> None:
    shown = Shown()
    merged = Merged(shown.show)
    put(merged, A, 3)
    merged.clear()
    assert shown[ENTRY] is None
    put(merged, A, 1)
    assert shown[ENTRY] == 1


CHECK = b"0|check|all|" + A.encode()


@pytest.mark.parametrize(
    "text", [b"{}", b"[]", b'{"counts":[]}', b'{"counts":{"a":1}}', b'{"counts":{"t|s|1|":-1}}']
)
def test_a_check_of_another_shape_is_none(text: bytes) -> None:
    merged = Merged(lambda *_: None)
    assert merged.apply(0, CHECK, b'{"counts":{"t|s|1|":1}}', 0.0)
    assert not merged.apply(0, CHECK, text, 0.0)
    assert merged.lane(0).checks == {"all": {A: b'{"counts":{"t|s|1|":1}}'}}
    assert merged.apply(0, CHECK, None, 0.0)
    assert merged.lane(0).checks == {}
