"""What is handed out while lanes move, and where lanes are rewound to."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import CommitFailedError, ConsumerStoppedError
from aiokafka.structs import OffsetAndMetadata
from faust.types import TP

from elfaust.delivery.thread import Sought
from elfaust.errors import Unacknowledged
from tests.unit.delivery.played import Kafka, Lanes, lanes_of, nothing

LANE = TP("eventlogging_Edit_1", 0)
OTHER = TP(LANE.topic, 1)


async def test_records_are_handed_out_with_the_step_in_which_they_were_fetched() -> None:
    lanes = await lanes_of({LANE}, [1, 2])
    lanes.thread.step = 7
    fetched = await lanes.thread.getmany({LANE}, 1.0)
    assert [record.offset for record in fetched[LANE]] == [1, 2]
    assert fetched.step == 7


async def test_records_that_are_still_fetched_are_waited_for() -> None:
    lanes = await lanes_of({LANE}, [])
    lanes.kafka.coming = [1, 2]
    fetched = await lanes.thread.getmany({LANE}, 60.0)
    assert [record.offset for record in fetched[LANE]] == [1, 2]


@pytest.mark.parametrize("state", ["moving", "paused", "stopped"])
async def test_nothing_is_handed_out_while_lanes_move(state: str) -> None:
    lanes = await lanes_of({LANE}, [1, 2])
    lanes.kafka.reassignment_in_progress = state == "moving"
    if state == "stopped":
        lanes.stop_flow()
    assert await lanes.thread.getmany(set() if state == "paused" else {LANE}, 1.0) == {}
    assert lanes.kafka.fetches == []


async def test_a_consumer_that_is_closed_says_so() -> None:
    lanes = await lanes_of({LANE}, [1, 2])
    lanes.kafka.closed()
    with pytest.raises(ConsumerStoppedError):
        await lanes.thread.getmany({LANE}, 1.0)


async def rewound(gone: set[TP]) -> tuple[Kafka, Sought]:
    """Rewind lanes of which one has something committed; those in `gone` go meanwhile."""
    kafka = Kafka(dict.fromkeys((LANE, OTHER), range(9)))
    kafka.start = dict.fromkeys(kafka.offsets, 3)
    kafka.position = dict.fromkeys(kafka.offsets, 8)
    kafka.committed = {OTHER: OffsetAndMetadata(5, "seen 7")}

    async def go() -> None:
        for tp in gone:
            del kafka.offsets[tp]

    kafka.asked = go
    kafka.generation = 4
    return kafka, await Lanes(kafka).thread.seek_to_committed()


async def test_lanes_are_rewound_to_what_is_committed_or_to_their_beginning() -> None:
    kafka, sought = await rewound(set())
    assert (sought.starts, sought.generation, sought.step) == ({LANE: 3, OTHER: 5}, 4, 1)
    assert kafka.position == {LANE: 3, OTHER: 5}
    assert (sought.starts[LANE].note, sought.starts[OTHER].note) == ("", "seen 7")


async def test_a_beginning_that_kafka_does_not_tell_is_no_offset() -> None:
    lanes = Lanes(Kafka({LANE: [1]}))
    lanes.kafka.knows_positions = False
    with pytest.raises(Unacknowledged, match="did not tell where eventlogging_Edit_1, lane 0, be"):
        await lanes.thread.seek_to_committed()


async def test_lanes_that_go_meanwhile_are_not_rewound() -> None:
    kafka, sought = await rewound({OTHER})
    assert (sought.starts, kafka.position[OTHER]) == ({LANE: 3}, 8)
    kafka, sought = await rewound({LANE, OTHER})
    assert (sought.starts, {*kafka.position.values()}) == ({}, {8})


async def test_a_commit_that_has_no_answer_is_given_up_with_the_lanes() -> None:
    """Aiokafka would try it again in the next generation, in which it would be taken."""
    lanes = await lanes_of({LANE}, [1])
    waits, given_up = asyncio.Event(), asyncio.Event()

    async def wait(_: object) -> None:
        waits.set()
        try:
            await asyncio.Future[None]()
        finally:
            given_up.set()

    lanes.kafka.committing = wait
    commit = asyncio.create_task(lanes.thread.commit({LANE: 2}, 1))
    await waits.wait()
    lanes.thread.consumer.threadsafe_partitions_revoked = nothing
    await lanes.thread.on_partitions_revoked({LANE})
    assert await commit is False
    assert given_up.is_set()


@pytest.mark.parametrize(
    ("error", "ends"), [(CommitFailedError("rebalanced"), False), (ValueError("odd"), True)]
)
async def test_a_commit_that_nobody_foresaw_ends_the_worker(
    error: Exception, ends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lanes = await lanes_of({LANE}, [1])
    crashed: list[BaseException] = []

    async def crash(error: BaseException) -> None:
        crashed.append(error)

    async def fail(_: object) -> None:
        raise error

    monkeypatch.setattr(lanes.thread, "crash", crash)
    lanes.kafka.committing = fail
    assert await lanes.thread.commit({LANE: 2}, 1) is False
    assert crashed == [error] * ends
