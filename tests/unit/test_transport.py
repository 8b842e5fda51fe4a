"""Commits in order of delivery; batches of one generation; lost offsets told."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from faust import Monitor
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from elfaust.errors import Unacknowledged
from elfaust.settings import Settings
from elfaust.transport import Consumer
from elfaust.transport_thread import Fetched

LANE = TP("eventlogging_Edit_1", 0)
SETTINGS = replace(Settings(), kafka=replace(Settings().kafka, publish_timeout=0.01))


class Commits(Consumer):
    """A consumer of which only the bookkeeping is there."""

    def __init__(self, *offsets: int) -> None:
        self.app = SimpleNamespace(is_batched=lambda topic: True, settings=SETTINGS)
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


def test_a_commit_that_kafka_never_answers_ends_the_worker() -> None:
    commits = Commits(99)
    commits.acknowledge(0)

    async def commit(*_: Any, **__: Any) -> bool:
        return await asyncio.Future[bool]()

    with (
        patch.object(driver.Consumer, "_commit_offsets", commit),
        pytest.raises(Unacknowledged, match=r"offsets not committed within 0\.01 s"),
    ):
        asyncio.run(commits._commit_offsets({LANE: 100}))


class Fetches(Consumer):
    """A consumer of which only the fetching is there."""

    def __init__(self) -> None:
        self.app = SimpleNamespace(
            is_batched=lambda topic: True,
            consumer_generation_id=1,
            monitor=Monitor(),
        )
        self.flow_active = True
        self._buffered_partitions: set[TP] = set()
        self._in_flight = defaultdict(deque)
        self.meanwhile: Callable[[], None] = lambda: None
        self.active = {LANE}
        self._next: dict[TP, int] = {}
        self.start = 0

    async def earliest_offsets(self, *lanes: TP) -> dict[TP, int]:
        return dict.fromkeys(lanes, self.start)

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
        # As aiokafka does between a subscription and the lanes that come of it.
        raise AssertionError("Partition is not assigned")

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


def test_what_was_delivered_before_a_seek_no_longer_holds_commits_back() -> None:
    commits = Commits(99)
    stopped: list[bool] = []
    commits.stop_flow = lambda: stopped.append(True)

    async def seek(_: object) -> None:
        assert stopped == [True]

    commits._committed_offset = defaultdict(lambda: None, {LANE: 99})
    with patch.object(driver.Consumer, "perform_seek", seek):
        asyncio.run(commits.perform_seek())
    assert commits._in_flight == {}
    assert commits._next == {LANE: 99}


@pytest.mark.parametrize(
    ("wanted", "start", "told"),
    [
        (7, 0, ""),
        # A gap of a transaction's marks.
        (5, 0, ""),
        (5, 7, "offsets 5 to 6, 2 records, are lost"),
        (4, 6, "offsets 4 to 5, 2 records, are lost"),
        (9, 0, "begins again at offset 7, although 9 was to come"),
    ],
)
def test_lost_offsets_are_told(
    wanted: int, start: int, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    fetches = Fetches()
    fetches._next[LANE], fetches.start = wanted, start
    assert len(fetches.fetched()) == 1
    assert fetches._next[LANE] == 8
    assert [told in record.getMessage() for record in caplog.records] == [True] * bool(told)
