"""Hours have what all lanes counted, each entry once, and those that are over are forgotten."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from elfaust.counts.entry import CountKey
from elfaust.counts.hours import AHEAD, KEPT, SIZE, Hours
from elfaust.counts.view import View
from elfaust.records import SchemaKey
from tests.unit.counts.building import EDIT, ERROR_TOPIC, TOPIC

NOW = 480_000


def entry(hour: int, lane: int = 0, code: str = "", key: SchemaKey = EDIT) -> CountKey:
    return CountKey(lane, ERROR_TOPIC if code else TOPIC, *key, code, None, hour)


def value(count: int, refused: int = 0) -> dict[str, Any]:
    return {"count": count, "refused": refused}


def at(now: int = NOW) -> Hours:
    hours = Hours()
    hours.forget(now)
    return hours


def test_lanes_and_codes_of_an_hour_add_up() -> None:
    hours = at()
    hours.put(EDIT, entry(NOW), value(3))
    hours.put(EDIT, entry(NOW, lane=1), value(4))
    hours.put(EDIT, entry(NOW, code="validation"), value(2))
    hours.put(EDIT, entry(NOW, code="consumer"), value(2, refused=1))
    hours.put(EDIT, entry(NOW - 1), value(9))
    assert hours.numbers(EDIT, (NOW - 1, NOW, NOW + 1)) == [(9, 0, 0), (7, 4, 1), (0, 0, 0)]
    assert hours.numbers(SchemaKey("Other", 1), [NOW]) == [(0, 0, 0)]
    assert hours.rows() == {EDIT}


def test_an_entry_counts_as_it_is_now_and_an_older_value_is_not_taken() -> None:
    hours = at()
    for count in (3, 9, 5):
        hours.put(EDIT, entry(NOW), value(count))
    assert hours.numbers(EDIT, [NOW]) == [(9, 0, 0)]
    hours.put(EDIT, entry(NOW), None)
    assert hours.numbers(EDIT, [NOW]) == [(0, 0, 0)]
    hours.put(EDIT, entry(NOW), value(1))
    assert hours.numbers(EDIT, [NOW]) == [(1, 0, 0)]


def test_what_somebody_makes_up_adds_up_however_much_that_is() -> None:
    hours, much = at(), 2**62
    for lane in range(4):
        hours.put(EDIT, entry(NOW, lane), value(much, much))
    assert hours.numbers(EDIT, [NOW]) == [(4 * much, 0, 4 * much)]


def test_what_is_not_kept_is_not_taken() -> None:
    hours = at()
    for hour in (NOW - KEPT, NOW + AHEAD + 1, 10**30, -1):
        hours.put(EDIT, entry(hour), value(1))
    assert hours.rows() == set()


@given(st.lists(st.tuples(st.integers(-400, 400), st.integers(0, 400)), max_size=12))
def test_of_an_hour_that_is_kept_nothing_is_forgotten_whatever_the_clock_does(
    steps: list[tuple[int, int]],
) -> None:
    hours, counted, now = at(), dict[int, int](), NOW
    for by, back in steps:
        now += by
        hours.forget(now)
        hour = now - back
        counted = {hour: n for hour, n in counted.items() if hour in hours.kept}
        if hour in hours.kept:
            counted[hour] = counted.get(hour, 0) + 1
            hours.put(EDIT, entry(hour), value(counted[hour]))
    wanted = [(counted.get(hour, 0), 0, 0) for hour in hours.kept]
    assert hours.numbers(EDIT, hours.kept) == wanted


def test_memory_is_bounded_by_the_schemas_that_have_numbers() -> None:
    hours = at()
    for n in range(3 * SIZE):
        hours.forget(NOW + n)
        hours.put(key := SchemaKey("S", n + 1), entry(NOW + n, key=key), value(1))
    assert len(hours.rows()) == KEPT


def test_a_view_takes_hours_for_no_total() -> None:
    view = View(clock=lambda: NOW * 3600.0)
    view.apply(entry(NOW), value(3))
    view.apply(entry(NOW, code="validation")._replace(schema="made/up"), value(2))
    assert view.rows() == []
    assert view.hours.numbers(EDIT, [NOW]) == [(3, 0, 0)]
    assert view.hours.numbers(SchemaKey("unknown", -1), [NOW]) == [(0, 2, 0)]
