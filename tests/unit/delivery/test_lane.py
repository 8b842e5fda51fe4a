"""A lane in one assignment: what it commits and drops; nothing of it outlives it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from elfaust.delivery.lane import Lane, Noted, Oldest

TIME = 1_600_000_000_000


def lane_of(offset: int = 3, step: int = 0) -> Lane:
    return Lane(TP("t", 0), Noted(offset, "n"), 7, step)


def deliver(lane: Lane, first: int, offset: int) -> Any:
    message = SimpleNamespace(first=first, offset=offset, since=TIME, acked=False, note="")
    message.said = []
    message.when_committed = lambda: message.said.append(offset)
    lane.deliver(message)
    return message


def test_it_begins_where_its_start_is() -> None:
    lane = lane_of()
    assert (lane.committed, lane.next, lane.acknowledged, lane.oldest) == (3, 3, None, Oldest(3))


def test_it_commits_as_far_as_all_is_acknowledged() -> None:
    lane = lane_of()
    first, second = deliver(lane, 3, 9), deliver(lane, 10, 12)
    second.acked = True
    assert (lane.acknowledged, lane.oldest) == (None, Oldest(3, TIME))
    first.acked, first.note = True, "up to 9"
    second.note = "up to 12"
    at = lane.acknowledged
    assert at is not None
    assert (at, at.note) == (13, "up to 12")
    lane.commit(at)
    assert (first.said, second.said, lane.committed) == ([9], [12], 13)
    assert (lane.acknowledged, lane.oldest) == (None, Oldest(13))


@pytest.mark.parametrize(("step", "takes"), [(4, False), (5, True), (6, True)])
def test_it_takes_what_was_fetched_since_its_seek(step: int, takes: bool) -> None:
    assert lane_of(step=5).takes(step) is takes


def test_what_is_held_goes_on_with_the_first_that_is_not_acknowledged() -> None:
    lane = lane_of()
    first, second = deliver(lane, 3, 9), deliver(lane, 10, 12)
    first.acked = True
    assert lane.hold() == 10
    assert (first.dropped, second.dropped, lane.takes(99)) == (False, True, False)
    assert (lane.acknowledged, lane.oldest) == (10, Oldest(10, TIME))
    lane.release(8)
    assert (lane.takes(7), lane.takes(8)) == (False, True)


def test_nothing_of_a_lane_that_is_over_is_stored_or_delivered() -> None:
    lane = lane_of()
    first, second = deliver(lane, 3, 9), deliver(lane, 10, 12)
    first.acked = True
    lane.end()
    assert (lane.is_over, lane.takes(99), second.dropped) == (True, False, True)
    # A commit that ran meanwhile has finished some of it.
    lane.commit(Noted(10))
    assert (first.said, second.said) == ([9], [])


def test_a_topic_that_was_made_anew_is_another_one() -> None:
    lane = lane_of(5_000)
    done, waits = deliver(lane, 5_000, 5_009), deliver(lane, 5_010, 5_019)
    done.acked = True
    lane.begin_again(7)
    assert (done.said, waits.said, waits.dropped) == ([5_009], [], False)
    assert (lane.committed, lane.committed.note) == (7, "")
    waits.acked = True
    assert lane.acknowledged is None
    assert deliver(lane, 7, 8).lane is lane
