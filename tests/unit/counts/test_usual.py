"""What is unusual of a schema is told, and what is small, young or as ever is not."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from elfaust.counts.entry import CountKey
from elfaust.counts.usual import DAY, KINDS, SETTLED, WEEK, Kind, marks, usual
from elfaust.counts.view import View
from elfaust.records import SchemaKey

EDIT = SchemaKey("Edit", 1)
#: The last whole hour, 10:00 on a Friday, and a moment at which it is counted to the end.
HOUR = 480_010
NOW = (HOUR + 1) * 3600.0 + SETTLED


def view_of(
    valid: Callable[[int], int],
    errors: Callable[[int], int] = lambda back: 0,
    lately: tuple[int, int] = (0, 0),
    days: int = 9,
    key: SchemaKey = EDIT,
) -> View:
    """Return the counts of a schema: `valid` and `errors` are asked how far back an hour is."""
    view = View(clock=lambda: NOW, keep_minutes=60)
    view.complete = True
    for back in range(days * DAY):
        for code, count in (("", valid(back)), ("validation", errors(back))):
            if count:
                view.apply(CountKey(0, "t", *key, code, None, HOUR - back), {"count": count})
    for code, count in zip(("", "validation"), lately, strict=True):
        if count:
            minute = CountKey(0, "t", *key, code, int(NOW // 60) - 2)
            view.apply(minute, {"count": count, "last": 0})
    return view


def kinds(view: View, now: float = NOW) -> list[Kind]:
    """Return what is unusual, and see to it that a mark has the worst of it and words."""
    [of] = usual(view, now).values()
    found = marks(view, now)
    assert [mark.kind for mark in found.values()] == of.kinds[:1]
    assert all(mark.text for mark in found.values())
    assert of.kinds == [kind for kind in KINDS if kind in of.kinds]
    return of.kinds


@pytest.mark.parametrize(
    ("events", "found"),
    [
        (1000, []),
        # 4 * sqrt(1000) is 126.5, which is more than 5 %.
        (875, []),
        (872, ["fewer"]),
        (1130, []),
        (1140, ["more"]),
        (1, ["fewer"]),
        (0, ["silent"]),
    ],
)
def test_an_hour_unlike_this_hour_on_other_days_is_told(events: int, found: list[Kind]) -> None:
    assert kinds(view_of(lambda back: events if back == 0 else 1000)) == found


@pytest.mark.parametrize(("events", "found"), [(948_000, ["fewer"]), (952_000, [])])
def test_of_many_events_five_in_a_hundred_are_usual(events: int, found: list[Kind]) -> None:
    assert kinds(view_of(lambda back: events if back == 0 else 1_000_000)) == found


def test_each_hour_of_the_day_has_what_is_usual_of_its_own() -> None:
    assert kinds(view_of(lambda back: 1000 if back % DAY == 0 else 10)) == []
    assert kinds(view_of(lambda back: 10 if back % DAY == 0 else 1000)) == []
    assert kinds(view_of(lambda back: 10 if back % DAY == 0 and back else 1000)) == ["more"]


def test_it_must_be_unlike_both_the_median_and_a_week_ago() -> None:
    weekend = {0: 500, WEEK: 500}
    assert kinds(view_of(lambda back: weekend.get(back, 1000))) == []
    assert kinds(view_of(lambda back: {0: 500, WEEK: 1000}.get(back, 500))) == []
    assert kinds(view_of(lambda back: {0: 200, WEEK: 500}.get(back, 1000))) == ["fewer"]
    # Below both, and like one of them.
    assert kinds(view_of(lambda back: {0: 950, WEEK: 2000}.get(back, 1000))) == []
    assert kinds(view_of(lambda back: {0: 950, WEEK: 1000}.get(back, 2000))) == []


def test_days_on_which_there_was_an_outage_hide_no_other() -> None:
    away = {0, DAY, 3 * DAY, 4 * DAY}
    assert kinds(view_of(lambda back: 0 if back in away else 1000)) == ["silent"]


@pytest.mark.parametrize("days", [1, 2, 7])
@pytest.mark.parametrize("events", [0, 10, 5000])
def test_a_schema_younger_than_eight_days_wakes_nobody(days: int, events: int) -> None:
    assert kinds(view_of(lambda back: events if back == 0 else 1000, days=days)) == []


@pytest.mark.parametrize(("events", "found"), [(16, []), (17, ["silent"])])
def test_small_numbers_are_silent_by_chance(events: int, found: list[Kind]) -> None:
    assert kinds(view_of(lambda back: 0 if back == 0 else events)) == found


def test_a_small_schema_is_silent_once_enough_is_missing() -> None:
    """Of three events an hour, none in five hours is chance, and none in six is not."""
    assert kinds(view_of(lambda back: 0 if back < 5 else 3)) == []
    assert kinds(view_of(lambda back: 0 if back < 6 else 3)) == ["silent"]
    assert kinds(view_of(lambda back: 1 if back == 0 else 0 if back < 6 else 3)) == []
    # A week ago there were none either.
    assert kinds(view_of(lambda back: {0: 0, WEEK: 0}.get(back, 1000))) == []
    # At night nobody expects any.
    assert kinds(view_of(lambda back: 0 if back % DAY < 12 else 3)) == []


def test_an_event_ends_the_silence_and_not_the_lack_of_others() -> None:
    for since, now in ((1, NOW), (2, NOW + 3599)):
        view = view_of(lambda back: 0 if back == 0 else 1000)
        view.apply(CountKey(0, "t", *EDIT, "", None, HOUR + since), {"count": 1})
        assert kinds(view, now) == ["fewer"]


def test_an_hour_that_has_just_ended_is_not_judged() -> None:
    view = view_of(lambda back: 0 if back == 0 else 1000)
    assert SETTLED == 300
    assert kinds(view, NOW - 1) == []
    assert kinds(view) == ["silent"]


@pytest.mark.parametrize(
    ("lately", "found"),
    [
        ((1000, 0), []),
        # One in ten is usual of it.
        ((900, 100), []),
        ((860, 140), []),
        ((830, 170), ["errors"]),
        ((0, 16), []),
        ((0, 24), ["errors"]),
    ],
)
def test_errors_are_judged_by_their_usual_share(lately: tuple[int, int], found: list[Kind]) -> None:
    assert kinds(view_of(lambda back: 900, lambda back: 100, lately)) == found


@pytest.mark.parametrize(("lately", "found"), [((50, 50), []), ((0, 90), ["errors"])])
def test_of_a_schema_that_is_not_known_half_may_be_errors(
    lately: tuple[int, int], found: list[Kind]
) -> None:
    assert kinds(view_of(lambda back: 0, lately=lately)) == found


def test_an_event_that_a_sink_refused_is_one_line() -> None:
    view = view_of(lambda back: 0, lately=(90, 0))
    minute = CountKey(0, "t", *EDIT, "consumer", int(NOW // 60) - 2)
    view.apply(minute, {"count": 90, "refused": 90, "last": 0})
    [of] = usual(view, NOW).values()
    assert (of.lines, of.errors, of.kinds) == (90, 90, ["errors"])


def test_the_worst_comes_first_and_everything_is_said() -> None:
    view = view_of(lambda back: 0 if back < 2 else 1000, lately=(0, 90))
    [mark] = marks(view, NOW).values()
    assert mark == (
        "silent",
        "no event since 2024-10-04T09:00:00Z, usually 2,000 in that time;"
        " 100 % errors in 15 minutes, usually 0 %",
    )
    [mark] = marks(view_of(lambda back: 500 if back == 0 else 1000), NOW).values()
    assert mark.text == (
        "500 events in the hour from 2024-10-04T10:00:00Z, usually 1,000, a week ago 1,000"
    )


def test_nothing_is_unusual_of_unknown_names_or_of_counts_that_are_not_complete() -> None:
    unknown = SchemaKey("unknown", -1)
    assert usual(view_of(lambda back: 1000, key=unknown), NOW) == {}
    view = view_of(lambda back: 0 if back == 0 else 1000)
    view.complete = False
    assert marks(view, NOW) == {}


def test_chance_alone_wakes_nobody() -> None:
    """A hundred schemas, small and large, of which as many events come as by chance."""
    chance, woken = Random(5), 0
    for n in range(100):
        rate = 3 ** (n % 8)
        counts = [round(max(0, chance.gauss(rate, rate**0.5))) for _ in range(9 * DAY)]
        woken += len(marks(view_of(counts.__getitem__), NOW))
    assert woken == 0
