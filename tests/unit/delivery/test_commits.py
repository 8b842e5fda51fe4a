"""Commits in order of delivery, with their notes; notes that are committed at once."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from aiokafka.errors import CommitFailedError
from aiokafka.structs import OffsetAndMetadata
from aiokafka.util import commit_structure_validate
from faust import Monitor
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.utils.logging import CompositeLogger

from elfaust.delivery.commits import NOTE_BYTES
from elfaust.delivery.thread import ConsumerThread, Noted
from elfaust.delivery.transport import Consumer, _NoOffsets
from elfaust.errors import LaneLost, Unacknowledged
from elfaust.settings import Settings

LANE = TP("eventlogging_Edit_1", 0)
SETTINGS = replace(Settings(), kafka=replace(Settings().kafka, publish_timeout=0.01))


async def nothing() -> None:
    pass


class Thread:
    """The thread of the consumer, of which only the commits are there."""

    def __init__(self) -> None:
        self.step = 0
        self.committed: list[tuple[int, str]] = []
        self.generation = 1

    def assignment(self) -> set[TP]:
        return {LANE}

    async def commit(self, offsets: Mapping[TP, Noted], generation: int) -> bool:
        await asyncio.sleep(0)
        if generation == self.generation:
            self.committed += [(int(at), at.note) for at in offsets.values()]
        return generation == self.generation

    async def seek_to_committed(self) -> dict[TP, Noted]:
        return {LANE: Noted(*self.committed[-1]) if self.committed else Noted(3)}


class Commits(Consumer):
    """A consumer of which only the bookkeeping is there."""

    def __init__(self, *offsets: int) -> None:
        self.app = SimpleNamespace(
            is_batched=lambda topic: True,
            settings=SETTINGS,
            consumer_generation_id=1,
            producer=SimpleNamespace(flush=nothing),
            tables=SimpleNamespace(on_commit=lambda offsets: None),
            monitor=Monitor(),
        )
        self.batches = [SimpleNamespace(offset=at, acked=False, note="") for at in offsets]
        self._in_flight = defaultdict(deque, {LANE: deque(self.batches)})
        self._acked: Any = defaultdict(list)
        self._acked_index: Any = defaultdict(set)
        self._committed_offset: Any = defaultdict(lambda: None)
        self._from: dict[TP, Noted] = {LANE: Noted(3)}
        self._committing = asyncio.Lock()
        self._held, self._released = set[TP](), dict[TP, int]()
        self._thread: Any = Thread()
        self._read_offset = _NoOffsets()
        self.in_transaction = False
        self.log = CompositeLogger(logging.getLogger(__name__))

    def stop_flow(self) -> None:
        self.flow_active = False

    def acknowledge(self, number: int, note: str = "") -> Any:
        self.batches[number].acked, self.batches[number].note = True, note
        return self._new_offset(LANE)


def test_nothing_is_committed_past_a_batch_that_is_not_acknowledged() -> None:
    commits = Commits(99, 249, 250)
    assert commits.acknowledge(1) is None
    assert commits.acknowledge(0) == 250
    assert commits.acknowledge(2) == 251


@pytest.mark.parametrize("answer", [False, True])
def test_a_commit_that_kafka_refused_is_tried_again(answer: bool) -> None:
    commits = Commits(99)
    commits._committed_offset[LANE] = 100
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


async def test_what_was_delivered_before_a_seek_no_longer_holds_commits_back() -> None:
    commits = Commits(99)
    await commits.perform_seek()
    assert commits.flow_active is False
    assert commits._in_flight == {}
    assert commits._next == {LANE: 3}


async def test_the_note_of_the_last_batch_goes_with_the_offset_after_it() -> None:
    commits = Commits(99, 249, 250)
    commits.acknowledge(0, "one")
    await commits._commit_offsets({LANE: commits.acknowledge(1, "two")})
    assert commits._thread.committed == [(250, "two")]
    # A later batch that says nothing has no note.
    await commits._commit_offsets({LANE: commits.acknowledge(2)})
    assert commits._thread.committed[1:] == [(251, "")]


async def test_a_note_is_committed_with_what_is_acknowledged() -> None:
    commits = Commits(99, 249)
    commits.acknowledge(0, "of the batch")
    await commits.commit_note(LANE, "now")
    assert commits._thread.committed == [(100, "now")]
    assert [message.offset for message in commits._in_flight[LANE]] == [249]
    # Nothing more is acknowledged: the same offset again.
    await commits.commit_note(LANE, "later")
    assert commits._thread.committed[1:] == [(100, "later")]
    assert commits.note(LANE) == "later"


async def test_a_lane_that_never_committed_keeps_its_note_where_it_began() -> None:
    commits = Commits()
    await commits.commit_note(LANE, "first")
    assert commits._thread.committed == [(3, "first")]


async def test_a_note_is_known_after_the_seek_that_follows_an_assignment() -> None:
    commits = Commits(99)
    commits._thread.committed = [(7, "seen")]
    await commits.perform_seek()
    assert commits.note(LANE) == "seen"
    assert commits.note(TP(LANE.topic, 1)) == ""


async def test_a_note_that_kafka_did_not_take_is_told() -> None:
    commits = Commits(99)
    commits.app.consumer_generation_id = 2
    with pytest.raises(LaneLost, match="eventlogging_Edit_1: a note is not committed"):
        await commits.commit_note(LANE, "now")
    with pytest.raises(LaneLost, match="lane 7 "):
        await commits.commit_note(TP(LANE.topic, 7), "now")
    assert commits._thread.committed == []
    # What is acknowledged is committed when it can be.
    commits._thread.generation = 2
    commits.acknowledge(0)
    await commits.commit_note(LANE, "now")
    assert commits._thread.committed == [(100, "now")]


async def test_a_note_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="4098 bytes, of at most 4096"):
        await Commits().commit_note(LANE, "é" * (NOTE_BYTES // 2 + 1))


async def test_a_note_comes_after_the_commit_that_runs() -> None:
    commits = Commits(99)
    order, running = list[str](), asyncio.Event()

    async def commit(offsets: Mapping[TP, Noted], _: int) -> bool:
        order.append(offsets[LANE].note)
        if not running.is_set():
            running.set()
            # aiokafka waits for a coordinator and tries again.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            order.append(offsets[LANE].note + " again")
        return True

    async def committing(*_: Any, **__: Any) -> bool:
        return await commits._commit_offsets({LANE: commits.acknowledge(0, "batch")})

    commits._thread.commit = commit
    with patch.object(driver.Consumer, "commit", committing):
        first = asyncio.create_task(commits.commit())
        await running.wait()
        await commits.commit_note(LANE, "note")
        await first
    assert order == ["batch", "batch again", "note"]


def committed(
    generation: int = 1, error: Exception | None = None, meanwhile: int = 1
) -> tuple[bool, dict[TP, OffsetAndMetadata]]:
    """Commit in a thread that is in generation 1; return its answer and what went to Kafka."""
    sent: dict[TP, OffsetAndMetadata] = {}

    async def commit(offsets: dict[TP, OffsetAndMetadata]) -> None:
        commit_structure_validate(offsets)
        if error:
            raise error
        sent.update(offsets)
        coordinator.generation = meanwhile

    coordinator = SimpleNamespace(generation=1)
    thread = ConsumerThread.__new__(ConsumerThread)
    thread._consumer = SimpleNamespace(
        assignment=lambda: frozenset({LANE}), commit=commit, _coordinator=coordinator
    )
    return asyncio.run(thread._commit({LANE: Noted(7, "seen")}, generation)), sent


def test_the_thread_commits_the_offset_and_its_note() -> None:
    assert committed() == (True, {LANE: OffsetAndMetadata(7, "seen")})


def test_nothing_is_committed_for_lanes_that_have_moved() -> None:
    assert committed(generation=2) == (False, {})
    assert committed(error=CommitFailedError("already rebalanced")) == (False, {})


def test_a_commit_that_may_have_come_in_another_generation_does_not_count() -> None:
    assert committed(meanwhile=2)[0] is False
