"""Commits in order of delivery, with their notes; notes that are committed at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from aiokafka.errors import CommitFailedError
from aiokafka.structs import OffsetAndMetadata
from faust.types import TP

from elfaust.delivery.commits import NOTE_BYTES
from elfaust.errors import LaneLost, Unacknowledged
from elfaust.settings import Settings
from tests.unit.delivery.played import Kafka, Lanes, nothing

IMPATIENT = replace(Settings(), kafka=replace(Settings().kafka, publish_timeout=0.01))
LANE = TP("eventlogging_Edit_1", 0)


async def delivered(*offsets: int, settings: Settings | None = None) -> tuple[Lanes, list[Any]]:
    """Return a lane that begins at offset 3, and its batches up to these offsets."""
    kafka = Kafka({LANE: offsets}, poll=1)
    kafka.start[LANE] = 3
    lanes = await Lanes(kafka, settings).assigned()
    return lanes, [message for _ in offsets for message in await lanes.fetched()]


def note_of(lanes: Lanes) -> str:
    """Return the note of what is committed of the lane."""
    return lanes.lanes[LANE].committed.note


async def test_nothing_is_committed_past_a_batch_that_is_not_acknowledged() -> None:
    lanes, [first, second, third] = await delivered(99, 249, 250)
    lanes.acknowledge(second)
    await lanes.commit()
    assert lanes.committed_of(LANE) is None
    lanes.acknowledge(first)
    await lanes.commit()
    assert lanes.committed_of(LANE) == (250, "")
    lanes.acknowledge(third)
    await lanes.commit()
    assert lanes.committed_of(LANE) == (251, "")


async def test_a_commit_that_kafka_refused_is_tried_again() -> None:
    lanes, [batch] = await delivered(99)
    lanes.acknowledge(batch)

    async def refuse(_: object) -> None:
        raise CommitFailedError("already rebalanced")

    taken, lanes.kafka.committing = lanes.kafka.committing, refuse
    assert not await lanes.commit()
    assert lanes.committed_of(LANE) is None
    lanes.kafka.committing = taken
    assert await lanes.commit()
    assert lanes.committed_of(LANE) == (100, "")


async def test_a_batch_says_once_that_it_is_committed_and_never_that_it_was_not() -> None:
    lanes, batches = await delivered(99, 249, 250)
    said: list[int] = []
    for batch in batches:
        batch.when_committed = partial(said.append, batch.offset)

    async def refuse(_: object) -> None:
        raise CommitFailedError("already rebalanced")

    taken, lanes.kafka.committing = lanes.kafka.committing, refuse
    lanes.acknowledge(batches[0])
    lanes.acknowledge(batches[2])
    assert not await lanes.commit()
    assert said == []
    lanes.kafka.committing = taken
    assert await lanes.commit()
    assert said == [99]
    lane = lanes.lanes[LANE]
    await lanes.commit_note(lane, "n")
    assert said == [99]
    # The lane moves: what is acknowledged and not committed comes again to somebody.
    await lanes.on_partitions_revoked({LANE})
    await lanes.commit()
    assert said == [99]


async def test_a_note_says_that_what_goes_with_it_is_committed() -> None:
    lanes, [batch] = await delivered(99)
    said: list[int] = []
    batch.when_committed = partial(said.append, 99)
    lanes.acknowledge(batch)
    await lanes.commit_note(lanes.lanes[LANE], "n")
    assert said == [99]


async def test_a_commit_that_kafka_never_answers_ends_the_worker() -> None:
    lanes, [batch] = await delivered(99, settings=IMPATIENT)
    lanes.acknowledge(batch)

    async def wait(_: object) -> None:
        await asyncio.Future[None]()

    lanes.kafka.committing = wait
    with pytest.raises(Unacknowledged, match=r"offsets not committed within 0\.01 s"):
        await lanes.commit()


async def test_what_was_delivered_before_a_seek_no_longer_holds_commits_back() -> None:
    lanes, _ = await delivered(99)
    await lanes.perform_seek()
    assert lanes.flow_active is False
    lanes.resume_flow()
    [again] = await lanes.fetched()
    lanes.acknowledge(again)
    await lanes.commit()
    assert lanes.committed_of(LANE) == (100, "")


async def test_the_note_of_the_last_batch_goes_with_the_offset_after_it() -> None:
    lanes, [first, second, third] = await delivered(99, 249, 250)
    lanes.acknowledge(first, "one")
    lanes.acknowledge(second, "two")
    await lanes.commit()
    assert lanes.committed_of(LANE) == (250, "two")
    # A later batch that says nothing has no note.
    lanes.acknowledge(third)
    await lanes.commit()
    assert lanes.committed_of(LANE) == (251, "")


async def test_a_note_is_committed_with_what_is_acknowledged() -> None:
    lanes, [first, second] = await delivered(99, 249)
    lanes.acknowledge(first, "of the batch")
    await lanes.commit_note(lanes.lanes[LANE], "now")
    assert lanes.committed_of(LANE) == (100, "now")
    # Nothing more is acknowledged: the same offset again.
    await lanes.commit_note(lanes.lanes[LANE], "later")
    assert lanes.committed_of(LANE) == (100, "later")
    assert note_of(lanes) == "later"
    lanes.acknowledge(second)
    await lanes.commit()
    assert lanes.committed_of(LANE) == (250, "")


async def test_a_lane_that_never_committed_keeps_its_note_where_it_began() -> None:
    lanes, _ = await delivered()
    await lanes.commit_note(lanes.lanes[LANE], "first")
    assert lanes.committed_of(LANE) == (3, "first")


async def test_a_note_is_known_after_the_seek_that_follows_an_assignment() -> None:
    lanes, _ = await delivered(99)
    lanes.kafka.committed = {LANE: OffsetAndMetadata(7, "seen")}
    await lanes.perform_seek()
    assert note_of(lanes) == "seen"


async def test_a_note_that_kafka_did_not_take_is_told() -> None:
    lanes, [batch] = await delivered(99)
    lane = lanes.lanes[LANE]
    lanes.kafka.generation = 2
    with pytest.raises(LaneLost, match="eventlogging_Edit_1: a note is not committed"):
        await lanes.commit_note(lane, "now")
    # All lanes are over: what is in flight comes again, and nothing more is delivered before.
    assert (lane.is_over, batch.dropped, await lanes.fetched()) == (True, True, [])
    again = (await lanes.assigned()).lanes[LANE]
    with pytest.raises(LaneLost, match="lane 0 "):
        await lanes.commit_note(lane, "late")
    assert lanes.committed_of(LANE) is None
    await lanes.commit_note(again, "now")
    assert lanes.committed_of(LANE) == (3, "now")


async def test_a_note_of_an_earlier_assignment_ends_no_lane_of_the_next() -> None:
    lanes, _ = await delivered(99)
    old, refused = lanes.lanes[LANE], asyncio.Event()

    async def move(_: object) -> None:
        lanes.kafka.committing = nothing
        lanes.kafka.generation = 2
        await lanes.on_partitions_assigned({LANE}, 2)
        await lanes.perform_seek()
        refused.set()
        raise CommitFailedError("already rebalanced")

    lanes.kafka.committing = move
    with pytest.raises(LaneLost):
        await lanes.commit_note(old, "late")
    assert (refused.is_set(), lanes.lanes[LANE].is_over) == (True, False)


async def test_a_note_that_is_too_long_is_refused() -> None:
    lanes, _ = await delivered()
    with pytest.raises(ValueError, match="4098 bytes, of at most 4096"):
        await lanes.commit_note(lanes.lanes[LANE], "é" * (NOTE_BYTES // 2 + 1))


async def test_a_note_comes_after_the_commit_that_runs() -> None:
    lanes, [batch] = await delivered(99)
    lanes.acknowledge(batch, "batch")
    order, running = list[str](), asyncio.Event()

    async def commit(offsets: Mapping[TP, OffsetAndMetadata]) -> None:
        order.append(offsets[LANE].metadata)
        if not running.is_set():
            running.set()
            # aiokafka waits for a coordinator and tries again.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            order.append(offsets[LANE].metadata + " again")

    lanes.kafka.committing = commit
    first = asyncio.create_task(lanes.commit())
    await running.wait()
    await lanes.commit_note(lanes.lanes[LANE], "note")
    await first
    assert order == ["batch", "batch again", "note"]


async def test_nothing_is_committed_for_lanes_that_have_moved() -> None:
    lanes, [batch] = await delivered(99)
    lanes.acknowledge(batch)
    lanes.kafka.generation = 2
    assert not await lanes.commit()
    assert lanes.committed_of(LANE) is None


async def test_a_commit_that_may_have_come_in_another_generation_does_not_count() -> None:
    lanes, [batch] = await delivered(99)
    lanes.acknowledge(batch)

    async def move(_: object) -> None:
        lanes.kafka.generation = 2

    lanes.kafka.committing = move
    assert not await lanes.commit()
