from __future__ import annotations

from elfaust.counts.entry import CountKey
from elfaust.counts.view import View
from elfaust.records import SchemaKey

NOW = 1_000_000


def put(view: View, lane: int, minute: int, count: int, written: float, code: str = "") -> None:
    key = CountKey(lane, "t", "Edit", 1, code, minute)
    view.apply(key, {"count": count, "last": 1, "positions": {}}, written)


def test_a_minute_has_what_all_lanes_counted_and_its_last_change() -> None:
    view = View(show_minutes=15, clock=lambda: NOW * 60.0, keep_minutes=120)
    put(view, 0, NOW - 100, 3, 10.0)
    put(view, 1, NOW - 100, 4, 12.0)
    put(view, 1, NOW - 100, 2, 13.0, "validation")
    edit = SchemaKey("Edit", 1)
    assert view.minute(NOW - 100) == {(edit, ""): (7, 0), (edit, "validation"): (2, 0)}
    assert view.changes[NOW - 100] == (3, 13.0)
    # The same value again, or an older one, changes nothing.
    put(view, 1, NOW - 100, 4, 20.0)
    put(view, 1, NOW - 100, 1, 21.0)
    assert view.changes[NOW - 100] == (3, 13.0)


def test_minutes_that_are_kept_no_longer_are_forgotten() -> None:
    now = [NOW]
    view = View(show_minutes=15, clock=lambda: now[0] * 60.0, keep_minutes=120)
    put(view, 0, NOW - 119, 3, 10.0)
    put(view, 0, NOW - 120, 3, 10.0)
    assert list(view.changes) == [NOW - 119]
    now[0] += 1
    assert view.minute(NOW - 119) == {}
    assert not view.changes
