"""Commits in order of delivery; lanes that stay together."""

from __future__ import annotations

from collections import defaultdict, deque
from types import SimpleNamespace
from typing import Any

from faust.types import TP

from elfaust.transport import Consumer, LaneAssignor

LANE = TP("eventlogging_Edit_1", 0)


class Commits(Consumer):
    """A consumer of which only the bookkeeping is there."""

    def __init__(self, *offsets: int) -> None:
        self.app = SimpleNamespace(is_batched=lambda topic: True)
        self.batches = [SimpleNamespace(offset=offset, acked=False) for offset in offsets]
        self._in_flight = defaultdict(deque, {LANE: deque(self.batches)})
        self._acked: Any = defaultdict(list)
        self._acked_index: Any = defaultdict(set)

    def acknowledge(self, number: int) -> int | None:
        self.batches[number].acked = True
        return self._new_offset(LANE)


def test_nothing_is_committed_past_a_batch_that_is_not_acknowledged() -> None:
    commits = Commits(99, 249, 250)
    assert commits.acknowledge(1) is None
    assert commits.acknowledge(0) == 250
    assert commits.acknowledge(2) == 251
    assert commits._new_offset(LANE) is None


def test_a_topic_waits_until_all_workers_have_subscribed() -> None:
    cluster: Any = SimpleNamespace(partitions_for_topic=lambda topic: {0, 1})
    subscriptions = {"one": ["a", "b", "new"], "two": ["a", "b"]}
    groups = LaneAssignor._get_copartitioned_groups({"a", "b", "new"}, cluster, subscriptions)
    assert [set(group) for group in groups[2]] == [{"a", "b"}]
