"""The view shows each count once, by schema revision, whatever order it learns of them."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.counts.entry import CountKey
from elfaust.counts.view import View

NOW_MINUTE = 1_000_000
NOW = NOW_MINUTE * 60 + 15.0
TOPIC = "eventlogging_Edit_7"
ERRORS = "eventlogging_EventError"


def new_view(show_minutes: int = 3) -> View:
    return View(show_minutes, clock=lambda: NOW)


def valid(lane: int = 0, minute: int | None = None, schema: str = "Edit") -> CountKey:
    return CountKey(lane, f"eventlogging_{schema}_7", schema, 7, "", minute)


def error(code: str, minute: int | None = None, schema: str = "Edit") -> CountKey:
    return CountKey(0, ERRORS, schema, 7, code, minute)


def value(count: int, last: int = 1_000, refused: int = 0) -> dict[str, Any]:
    more = {"refused": refused, "ranges": {}} if refused else {}
    return {"count": count, "last": last, "positions": {}, "__faust": {"ns": "models"}, **more}


def test_lanes_and_codes_add_up() -> None:
    view = new_view()
    view.apply(error("validation"), value(2))
    view.apply(valid(lane=0), value(3, last=5_000))
    view.apply(valid(lane=1), value(4, last=4_000))
    view.apply(error("processor"), value(1))
    (row,) = view.rows()
    assert (row.schema, row.revision, row.topic) == ("Edit", 7, TOPIC)
    assert (row.valid, row.errors, row.last_event) == (7, {"validation": 2, "processor": 1}, 5_000)


def test_an_entry_counts_as_it_is_now_not_each_time() -> None:
    view = new_view()
    for count in (3, 5, 5, 9):
        view.apply(valid(), value(count))
    assert [row.valid for row in view.rows()] == [9]


def test_an_older_value_written_late_is_not_taken() -> None:
    view = new_view()
    view.apply(valid(), value(9))
    view.apply(valid(), value(4))
    assert [row.valid for row in view.rows()] == [9]


def test_a_deleted_minute_leaves_the_total() -> None:
    view = new_view()
    view.apply(valid(), value(9))
    view.apply(valid(minute=NOW_MINUTE), value(9))
    view.apply(valid(minute=NOW_MINUTE), None)
    (row,) = view.rows()
    assert (row.valid, row.minutes) == (9, {NOW_MINUTE: [0, 0, 0]})


def test_a_deleted_error_code_is_gone() -> None:
    view = new_view()
    view.apply(error("validation"), value(1))
    view.apply(error("validation"), None)
    assert view.rows() == []


def test_minutes_no_longer_shown_are_neither_taken_nor_kept() -> None:
    now = [NOW]
    view = View(2, clock=lambda: now[0])
    view.apply(valid(minute=NOW_MINUTE - 5), value(1))
    assert view.rows() == []
    view.apply(valid(), value(1))
    view.apply(valid(minute=NOW_MINUTE), value(1))
    now[0] += 120
    assert [row.minutes for row in view.rows()] == [{}]
    assert [row.valid for row in view.rows()] == [1]


def test_a_rate_is_that_of_the_last_60_seconds() -> None:
    view = new_view(show_minutes=1)
    view.apply(valid(minute=NOW_MINUTE), value(30))
    view.apply(valid(minute=NOW_MINUTE - 1), value(120))
    view.apply(error("validation", minute=NOW_MINUTE), value(6))
    view.apply(valid(), value(150))
    (schema,) = view.as_json()["schemas"]
    # 15 s of this minute, and 45 s of the one before.
    assert schema["valid_per_second_1m"] == pytest.approx((30 + 0.75 * 120) / 60)
    assert schema["errors_per_second_1m"] == pytest.approx(0.1)


def test_json_has_the_documented_shape() -> None:
    view = new_view()
    view.complete = True
    view.apply(valid(), value(8, last=int(NOW * 1000)))
    view.apply(valid(minute=NOW_MINUTE), value(8))
    view.apply(error("consumer"), value(1, refused=1))
    view.apply(error("consumer", minute=NOW_MINUTE), value(1, refused=1))
    view.apply(error("validation", schema="A"), value(2, last=1))
    minutes = ["1971-11-26T10:38:00Z", "1971-11-26T10:39:00Z", "1971-11-26T10:40:00Z"]
    none = [{"minute": minute, "stored": 0, "errors": 0, "valid": 0} for minute in minutes]
    shown = [*none[:2], {"minute": minutes[2], "stored": 7, "errors": 1, "valid": 8}]
    edit = {
        "lines": 8,
        "stored": 7,
        "errors": {"consumer": 1},
        "valid": 8,
        "last_event": "1971-11-26T10:40:15Z",
        "stored_per_second_1m": 0.12,
        "errors_per_second_1m": 0.02,
        "valid_per_second_1m": 0.13,
        "minutes": shown,
    }
    refused = dict.fromkeys(edit, 0) | {
        "lines": 2,
        "errors": {"validation": 2},
        "last_event": "1970-01-01T00:00:00Z",
        "minutes": none,
    }
    assert view.as_json() == {
        "generated": "1971-11-26T10:40:15Z",
        "as_of": None,
        "complete": True,
        "minutes": minutes,
        "schemas": [
            {"schema": "A", "revision": 7, "topic": ERRORS} | refused,
            {"schema": "Edit", "revision": 7, "topic": TOPIC} | edit,
        ],
        "total": edit | {"lines": 10, "errors": {"consumer": 1, "validation": 2}},
    }


def test_an_empty_view_has_the_same_shape() -> None:
    data = new_view().as_json()
    assert data["schemas"] == []
    assert data["complete"] is False
    assert data["total"]["last_event"] is None


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from(["", "validation", "processor"]),
            st.sampled_from([None, NOW_MINUTE, NOW_MINUTE - 1]),
            st.integers(0, 50),
        )
    )
)
def test_the_view_is_the_sum_of_the_largest_entries(
    entries: list[tuple[int, str, int | None, int]],
) -> None:
    view, largest = new_view(), dict[CountKey, int]()
    for lane, code, minute, count in entries:
        key = CountKey(lane, ERRORS if code else TOPIC, "Edit", 7, code, minute)
        view.apply(key, value(count))
        largest[key] = max(count, largest.get(key, 0))
    totals = view.as_json()["total"]
    all_time = {key: n for key, n in largest.items() if key.minute is None}
    assert totals["valid"] == sum(n for key, n in all_time.items() if not key.code)
    assert sum(totals["errors"].values()) == sum(n for key, n in all_time.items() if key.code)
    assert sum(m["valid"] + m["errors"] for m in totals["minutes"]) == sum(
        n for key, n in largest.items() if key.minute is not None
    )


def test_old_minutes_are_forgotten_though_nobody_looks() -> None:
    now = NOW
    view = View(3, clock=lambda: now)
    for _ in range(100):
        view.apply(valid(minute=int(now // 60)), value(1))
        now += 60
    [row] = view.rows()
    assert len(row.minutes) <= 4


def test_a_minute_that_is_not_to_come_for_long_is_not_kept() -> None:
    view = new_view()
    view.apply(valid(minute=NOW_MINUTE + 10_000), value(1))
    view.apply(valid(minute=10**30), value(1))
    assert view.rows() == []
    view.apply(valid(minute=NOW_MINUTE + 1), value(1))
    [row] = view.rows()
    assert list(row.minutes) == [NOW_MINUTE + 1]


def test_errors_counted_under_names_that_no_schema_has_are_shown_as_unknown() -> None:
    view = new_view()
    view.apply(error("validation", schema="made/up"), value(2))
    view.apply(error("validation", schema="made up"), value(3))
    (row,) = view.rows()
    assert (row.schema, row.revision, row.errors) == ("unknown", -1, {"validation": 5})


LINES = st.lists(st.sampled_from(["stored", "refused", "refused twice", "invalid", "waits"]))


@given(LINES, st.sampled_from([None, NOW_MINUTE]), st.randoms())
def test_a_line_is_stored_or_one_error(lines: list[str], minute: int | None, order: Random) -> None:
    view, n = new_view(), lines.count
    refused = n("refused") + n("refused twice")
    entries = [
        (valid(minute=minute), value(len(lines) - n("invalid"))),
        (error("validation", minute=minute), value(n("invalid"))),
        (error("consumer", minute=minute), value(refused, refused=refused)),
    ]
    order.shuffle(entries)
    for key, entry in entries:
        view.apply(key, entry)
    data = view.as_json()["total"]
    numbers = data["minutes"][-1] if minute else data
    errors = numbers["errors"] if minute else sum(data["errors"].values())
    assert (numbers["stored"], errors) == (n("stored") + n("waits"), n("invalid") + refused)
    if minute is None:
        assert data["lines"] == len(lines)


def test_the_sum_of_all_is_that_of_its_rows_though_an_error_was_counted_before_its_event() -> None:
    view = new_view()
    view.apply(error("consumer", schema="A"), value(2, refused=2))
    view.apply(valid(), value(5))
    data = view.as_json()
    assert [row["lines"] for row in data["schemas"]] == [2, 5]
    assert (data["total"]["lines"], data["total"]["stored"]) == (7, 5)
