"""Which of many wanted schemas is looked up first, and which is not kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.records import SchemaKey
from elfaust.schema.lookup import queue as lookup_queue
from elfaust.schema.lookup.queue import LookupQueue

REAL = SchemaKey("Real", 1)


def made_up(number: int) -> SchemaKey:
    return SchemaKey("MadeUp", number + 1)


def test_the_most_wanted_comes_first_and_of_these_the_oldest() -> None:
    wanted = LookupQueue()
    for number in (1, 2, 3, 4, 4, 2):
        wanted.add(made_up(number))
    taken = [wanted.take(0.0) for _ in range(5)]
    assert taken == [made_up(4), made_up(2), made_up(1), made_up(3), None]


def test_what_is_under_way_is_not_taken_again() -> None:
    wanted = LookupQueue()
    wanted.add(REAL)
    assert wanted.take(0.0) == REAL
    for _ in range(5):
        wanted.add(REAL)
    assert wanted.take(0.0) is None
    wanted.done(REAL)
    assert (wanted.take(0.0), len(wanted)) == (None, 0)


def test_a_pause_ends_at_its_time() -> None:
    wanted = LookupQueue()
    wanted.add(REAL)
    wanted.add(made_up(1))
    assert wanted.take(0.0) == REAL
    wanted.pause(REAL, 7.0)
    assert wanted.next_end() == 7.0
    assert wanted.take(6.9) == made_up(1)
    assert wanted.take(6.9) is None
    assert wanted.take(7.0) == REAL
    assert wanted.next_end() is None


def test_a_flood_of_names_does_not_push_out_what_is_asked_for_twice() -> None:
    wanted = LookupQueue(most=10)
    for number in range(100):
        wanted.add(made_up(number))
    wanted.add(REAL)
    wanted.add(REAL)
    for number in range(100, 200):
        wanted.add(made_up(number))
    assert len(wanted) == 10
    assert wanted.take(0.0) == REAL
    # Who came last has pushed out who came first.
    assert wanted.take(0.0) == made_up(191)


def test_names_that_are_all_asked_for_twice_keep_their_places() -> None:
    wanted = LookupQueue(most=2)
    for number in (1, 1, 2, 2, 3, 3):
        wanted.add(made_up(number))
    assert wanted.get(made_up(3)) is None
    assert [wanted.take(0.0) for _ in range(3)] == [made_up(1), made_up(2), None]


def test_what_nobody_asks_for_any_more_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = LookupQueue()
    wanted.add(REAL)
    wanted.take(0.0)
    assert wanted.failed(REAL, "away") == 1
    monkeypatch.setattr(lookup_queue, "FORGET_SECONDS", -1.0)
    assert wanted.failed(REAL, "away") == 0
    assert len(wanted) == 0


class_of = st.sampled_from(["add", "take", "pause", "fail", "done"])


@given(st.lists(st.tuples(class_of, st.integers(0, 6))), st.integers(1, 4))
def test_whatever_happens_each_key_is_in_one_place(steps: list[tuple[str, int]], most: int) -> None:
    wanted, under_way = LookupQueue(most), set()
    for now, (step, number) in enumerate(steps):
        if step == "add":
            wanted.add(made_up(number))
        elif step == "take" and (key := wanted.take(float(now))) is not None:
            assert key not in under_way
            under_way.add(key)
        elif under_way and step in ("pause", "fail", "done"):
            key = under_way.pop()
            if step == "done":
                wanted.done(key)
            elif step == "pause" or wanted.failed(key, "away"):
                wanted.pause(key, now + float(number))
        assert all(wanted.get(key) for key in under_way)
        assert len(wanted) <= most
    left = len(wanted) - len(under_way)
    assert sum(wanted.take(1e9) is not None for _ in range(left + 1)) == left
