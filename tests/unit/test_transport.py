"""Commits in order of delivery; lanes that stay together."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from elfaust.transport import Consumer, ConsumerThread, Fetched, LaneAssignor

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


@pytest.mark.parametrize("answer", [False, True])
def test_a_commit_that_kafka_refused_is_tried_again(answer: bool) -> None:
    commits = Commits(99)
    commits._committed_offset = defaultdict(lambda: None, {LANE: 100})
    assert commits.acknowledge(0) == 100

    async def commit(*_: Any, **__: Any) -> bool:
        return answer

    with patch.object(driver.Consumer, "_commit_offsets", commit):
        assert asyncio.run(commits._commit_offsets({LANE: 100})) is answer
    assert commits._new_offset(LANE) == (None if answer else 100)
    assert (LANE in commits._committed_offset) is answer


class Fetches(Consumer):
    """A consumer of which only the fetching is there."""

    def __init__(self) -> None:
        self.app = SimpleNamespace(
            is_batched=lambda topic: True,
            consumer_generation_id=1,
            monitor=SimpleNamespace(track_tp_end_offset=lambda tp, offset: None),
        )
        self.flow_active = True
        self._buffered_partitions: set[TP] = set()
        self._in_flight = defaultdict(deque)
        self.meanwhile: Callable[[], None] = lambda: None
        self.active = {LANE}

    should_stop = False

    async def _wait_next_records(self, timeout: float) -> Any:
        self.meanwhile()
        record = SimpleNamespace(
            topic=LANE.topic, partition=0, offset=7, timestamp=1000, timestamp_type=0
        )
        record.__dict__.update(headers=[], key=None, value=b"", checksum=None)
        record.__dict__.update(serialized_key_size=0, serialized_value_size=0)
        return Fetched({LANE: [record]}, 1), self.active

    def highwater(self, tp: TP) -> int:
        return 8

    def fetched(self) -> list[Any]:
        async def all_of() -> list[Any]:
            return [message async for _, message in self.getmany(1.0)]

        return asyncio.run(all_of())


def test_what_was_fetched_for_another_generation_is_not_delivered() -> None:
    fetches = Fetches()
    fetches.meanwhile = lambda: setattr(fetches.app, "consumer_generation_id", 2)
    assert fetches.fetched() == []


def test_nothing_is_delivered_while_the_flow_is_stopped() -> None:
    fetches = Fetches()
    fetches.meanwhile = lambda: setattr(fetches, "flow_active", False)
    assert fetches.fetched() == []


def test_what_is_paused_while_it_is_fetched_is_still_delivered() -> None:
    fetches = Fetches()
    fetches.meanwhile = fetches.active.clear
    assert [message.offset for message in fetches.fetched()] == [7]


def test_a_batch_carries_the_generation_for_which_it_was_fetched() -> None:
    fetches = Fetches()
    (message,) = fetches.fetched()
    assert (message.offset, message.generation_id, len(message.value)) == (7, 1, 1)


class Fetcher:
    """aiokafka's fetcher, which has records once it has been waited for."""

    def __init__(self) -> None:
        self._closed = False
        self._subscriptions = SimpleNamespace(
            fetch_context=nullcontext, reassignment_in_progress=False
        )
        self.asked: list[frozenset[TP]] = []
        self.records: dict[TP, list[int]] = {}

    async def fetched_records(
        self, lanes: frozenset[TP], timeout: float, max_records: int | None
    ) -> dict[TP, list[int]]:
        self.asked.append(lanes)
        return {tp: self.records[tp] for tp in lanes & self.records.keys()}

    def _create_fetch_waiter(self) -> asyncio.Future[None]:
        waiter = asyncio.get_running_loop().create_future()
        self.records[LANE] = [1, 2]
        waiter.set_result(None)
        return waiter


def hand_out(fetcher: Fetcher, active: set[TP], flow: bool = True) -> Fetched:
    thread = ConsumerThread.__new__(ConsumerThread)
    thread.consumer = SimpleNamespace(flow_active=flow)
    consumer = SimpleNamespace(
        _fetcher=fetcher, _closed=False, _coordinator=SimpleNamespace(generation=7)
    )
    return asyncio.run(thread._fetch_records(consumer, active, timeout=1.0))


def test_records_are_handed_out_with_their_generation() -> None:
    fetched = hand_out(Fetcher(), {LANE})
    assert fetched == {LANE: [1, 2]}
    assert fetched.generation == 7


@pytest.mark.parametrize("state", ["moving", "paused", "stopped"])
def test_nothing_is_handed_out_while_lanes_move(state: str) -> None:
    fetcher = Fetcher()
    fetcher._subscriptions.reassignment_in_progress = state == "moving"
    active = set() if state == "paused" else {LANE}
    assert hand_out(fetcher, active, flow=state != "stopped") == {}
    assert fetcher.asked == []


def test_lanes_are_rewound_to_what_is_committed_or_to_their_beginning() -> None:
    sought: dict[TP, int] = {}
    other, changelog = TP(LANE.topic, 1), TP("counts-changelog", 0)

    async def committed(lanes: set[TP]) -> dict[TP, Any]:
        return {other: SimpleNamespace(offset=5)}

    async def seek_to_beginning(*lanes: TP) -> None:
        sought.update(dict.fromkeys(lanes, 0))

    thread = ConsumerThread.__new__(ConsumerThread)
    thread.app = SimpleNamespace(is_batched=lambda topic: topic.startswith("eventlogging_"))
    thread._consumer = SimpleNamespace(
        assignment=lambda: {LANE, other, changelog},
        seek_to_beginning=seek_to_beginning,
        _coordinator=SimpleNamespace(fetch_committed_offsets=committed),
        _fetcher=SimpleNamespace(seek_to=sought.__setitem__),
    )
    found = asyncio.run(thread._seek_to_committed())
    assert found == {LANE: None, other: 5, changelog: None}
    assert sought == {LANE: 0, other: 5}


def test_what_was_delivered_before_a_seek_no_longer_holds_commits_back() -> None:
    commits = Commits(99)
    stopped: list[bool] = []
    commits.stop_flow = lambda: stopped.append(True)

    async def seek(_: object) -> None:
        assert stopped == [True]

    with patch.object(driver.Consumer, "perform_seek", seek):
        asyncio.run(commits.perform_seek())
    assert commits._in_flight == {}


def test_a_topic_waits_until_all_workers_have_subscribed() -> None:
    cluster: Any = SimpleNamespace(partitions_for_topic=lambda topic: {0, 1})
    subscriptions = {"one": ["a", "b", "new"], "two": ["a", "b"]}
    groups = LaneAssignor._get_copartitioned_groups({"a", "b", "new"}, cluster, subscriptions)
    assert [set(group) for group in groups[2]] == [{"a", "b"}]
