"""Errors by what is wrong."""

from __future__ import annotations

import json

from elfaust.records import Record
from elfaust.view.filters import parse
from elfaust.view.groups import groups
from elfaust.view.seen import Seen, seen


def error(time: int, path: str = "$.event.a", **event: object) -> Seen:
    of = {"schema": "Edit", "revision": 7, "code": "validation", "path": path, "message": str(time)}
    value = json.dumps({"event": of | event}).encode()
    return seen(Record("errors", 0, time, time * 1_000, value), "errors")


def test_a_group_has_its_count_first_last_and_newest() -> None:
    most, other = groups([error(5), error(9), error(2), error(3, code="processor")])
    assert (most.number, most.first, most.last, most.newest.message) == (3, 2_000, 9_000, "9")
    found = most.as_json()
    assert (found["first"], found["last"]) == ("1970-01-01T00:00:02Z", "1970-01-01T00:00:09Z")
    assert (other.code, other.number) == ("processor", 1)


def test_all_items_of_a_list_are_one_group() -> None:
    (group,) = groups([error(n, f"$.event.list[{n}].x") for n in range(30)])
    assert group.path == "$.event.list[].x"
    assert "path" not in group.filter


def test_the_filter_of_a_group_picks_its_errors() -> None:
    errors = [error(1, schema='Odd "name" \\'), error(2), error(3, path="$['a b']")]
    errors += [error(4, path=""), error(5, schema="")]
    for group in groups(errors):
        picked = parse(group.filter)
        assert [one for one in errors if picked.fits(one)] == [group.newest]


def test_a_name_that_is_too_long_for_a_filter_is_left_out_of_it() -> None:
    (group,) = groups([error(1, schema="x" * 2_000)])
    assert "schema" not in group.filter
    assert parse(group.filter).fits(group.newest)
