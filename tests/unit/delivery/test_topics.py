"""What is said of topics whose partitions nobody reads."""

from __future__ import annotations

from elfaust.delivery.topics import unread_lanes
from elfaust.settings import Settings


def test_partitions_past_the_lanes_are_told() -> None:
    lanes = Settings().topics.lanes
    assert unread_lanes(Settings(), {"a": lanes, "b": 1, "c": lanes + 2}) == [
        f"topic c has {lanes + 2} partitions: what is in those from {lanes} on waits until "
        f"topics.lanes is {lanes + 2}"
    ]
