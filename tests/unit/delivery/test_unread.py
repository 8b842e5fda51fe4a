"""How far behind a worker is: nothing unread is 0 s, and no odd time of a record is believed."""

from __future__ import annotations

import pytest
from faust.types import TP

from elfaust.delivery.lane import Oldest
from elfaust.delivery.unread import STALE_SECONDS, Unread
from tests.unit.delivery.played import lanes_of

A, A1, B = TP("a", 0), TP("a", 1), TP("b", 0)
NOW = 1_600_000_000.0


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def unread(clock: Clock) -> Unread:
    return Unread(clock)


def ms(seconds: float) -> int:
    return int(seconds * 1000)


def test_records_add_up_and_the_oldest_counts_by_topic(unread: Unread, clock: Clock) -> None:
    unread.see(
        {A: 10, A1: 7, B: 5},
        {A: Oldest(4, ms(NOW - 60)), A1: Oldest(6, ms(NOW - 7200)), B: Oldest(5)},
    )
    assert unread.records() == {"a": 7, "b": 0}
    assert unread.seconds() == {"a": 7200, "b": 0}
    # Shown with the time of the look: nothing has been measured since.
    clock.now += 5
    assert unread.seconds() == {"a": 7200, "b": 0}


def test_nothing_unread_is_no_lag_however_long_ago_the_last_record_was(
    unread: Unread, clock: Clock
) -> None:
    unread.see({A: 10}, {A: Oldest(9, ms(NOW - 3600))})
    clock.now += 5
    unread.see({A: 10}, {A: Oldest(10)})
    assert (unread.records(), unread.seconds()) == ({"a": 0}, {"a": 0})
    clock.now += 5
    # A topic that was quiet since: its next record is new.
    unread.see({A: 11}, {A: Oldest(10)})
    assert (unread.records(), unread.seconds()) == ({"a": 1}, {"a": 0})
    clock.now += 5
    unread.see({A: 11}, {A: Oldest(10)})
    assert unread.seconds() == {"a": 5}


@pytest.mark.parametrize("odd", [-1, 0, 1_000, ms(NOW) // 1000, ms(NOW + 86_400)])
def test_a_time_that_cannot_be_believed_counts_from_when_it_was_seen(
    unread: Unread, clock: Clock, odd: int
) -> None:
    for age in (0, 10, 20):
        unread.see({A: 10}, {A: Oldest(3, odd)})
        assert unread.seconds() == {"a": age}
        clock.now += 10
    # The next one is another.
    unread.see({A: 10}, {A: Oldest(4, odd)})
    assert unread.seconds() == {"a": 0}


def test_what_has_not_come_yet_is_as_old_as_what_was_before_it(
    unread: Unread, clock: Clock
) -> None:
    """Between two batches of a backlog nothing is in memory."""
    unread.see({A: 1_000}, {A: Oldest(0, ms(NOW - 600))})
    clock.now += 5
    unread.see({A: 1_000}, {A: Oldest(500)})
    assert unread.seconds() == {"a": 605}
    unread.see({A: 1_000}, {A: Oldest(500, ms(NOW - 300))})
    assert unread.seconds() == {"a": 305}


def test_a_record_that_is_seen_again_is_as_old_as_it_was(unread: Unread, clock: Clock) -> None:
    """A held lane is fetched now and then."""
    unread.see({A: 9}, {A: Oldest(3)})
    clock.now += 60
    unread.see({A: 9}, {A: Oldest(3, ms(NOW - 100))})
    assert unread.seconds() == {"a": 160}
    clock.now += 1
    unread.see({A: 9}, {A: Oldest(3)})
    assert unread.seconds() == {"a": 161}


def test_lanes_that_went_and_looks_that_are_old_say_nothing(unread: Unread, clock: Clock) -> None:
    unread.see({A: 9, B: 3}, {A: Oldest(3, ms(NOW - 5)), B: Oldest(1)})
    unread.see({B: 3}, {B: Oldest(1)})
    assert unread.records() == {"b": 2}
    clock.now += STALE_SECONDS
    assert (unread.records(), unread.seconds()) == ({}, {})
    unread.see({B: 3}, {B: Oldest(1)})
    unread.forget()
    assert (unread.records(), unread.seconds()) == ({}, {})


def test_a_topic_that_was_made_anew_is_not_behind_by_less_than_nothing(unread: Unread) -> None:
    unread.see({A: 2}, {A: Oldest(500)})
    assert (unread.records(), unread.seconds()) == ({"a": 0}, {"a": 0})


async def test_a_worker_knows_the_first_record_that_is_not_acknowledged() -> None:
    lanes = await lanes_of({A}, range(10), poll=4)
    assert lanes.oldest(A) == Oldest(0)
    [first], [second] = [await lanes.fetched(), await lanes.fetched()]
    assert lanes.oldest(A) == Oldest(0, 10**12)
    # Out of order: the one before it is not written.
    lanes.acknowledge(second)
    assert lanes.oldest(A) == Oldest(0, 10**12)
    lanes.acknowledge(first)
    assert lanes.oldest(A) == Oldest(8)
    await lanes.commit()
    assert lanes.oldest(A) == Oldest(8)
    [third] = await lanes.fetched()
    assert lanes.oldest(A) == Oldest(8, 10**12)
    lanes.acknowledge(third)
    assert lanes.oldest(A) == Oldest(10)
    assert lanes.oldest(B) is None


async def test_of_a_lane_that_is_held_the_first_record_keeps_its_time() -> None:
    lanes = await lanes_of({A}, range(10), poll=4)
    [first], _ = [await lanes.fetched(), await lanes.fetched()]
    lanes.acknowledge(first)
    await lanes.hold([A])
    assert lanes.oldest(A) == Oldest(4, 10**12)
    await lanes.release([A])
    assert lanes.oldest(A) == Oldest(4, 10**12)
    [again] = await lanes.fetched()
    lanes.acknowledge(again)
    assert lanes.oldest(A) == Oldest(8)
