"""What is handed out while lanes move, and where lanes are rewound to."""

from __future__ import annotations

import pytest
from aiokafka.errors import ConsumerStoppedError
from aiokafka.structs import OffsetAndMetadata
from faust.types import TP

from tests.unit.delivery.played import Kafka, Lanes, lanes_of

LANE = TP("eventlogging_Edit_1", 0)
OTHER, CHANGELOG = TP(LANE.topic, 1), TP("counts-changelog", 0)


async def test_records_are_handed_out_with_their_generation() -> None:
    lanes = await lanes_of({LANE}, [1, 2])
    lanes.kafka.generation = 7
    fetched = await lanes.thread.getmany({LANE}, 1.0)
    assert [record.offset for record in fetched[LANE]] == [1, 2]
    assert fetched.generation == 7


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


async def rewound(gone: set[TP]) -> tuple[Lanes, dict[TP, int | None]]:
    """Rewind lanes of which one has something committed; those in `gone` go meanwhile."""
    kafka = Kafka(dict.fromkeys((LANE, OTHER, CHANGELOG), range(9)))
    kafka.start = dict.fromkeys(kafka.offsets, 3)
    kafka.position = dict.fromkeys(kafka.offsets, 8)
    kafka.committed = {OTHER: OffsetAndMetadata(5, "seen 7")}

    async def go() -> None:
        for tp in gone:
            del kafka.offsets[tp]

    kafka.asked = go
    lanes = Lanes(kafka)
    return lanes, dict(await lanes.seek_to_committed())


async def test_lanes_are_rewound_to_what_is_committed_or_to_their_beginning() -> None:
    lanes, going = await rewound(set())
    assert going == {LANE: 3, OTHER: 5, CHANGELOG: None}
    assert lanes.kafka.position == {LANE: 3, OTHER: 5, CHANGELOG: 8}
    assert (lanes.note(LANE), lanes.note(OTHER)) == ("", "seen 7")


async def test_lanes_that_go_meanwhile_are_not_rewound() -> None:
    lanes, going = await rewound({OTHER})
    assert (going, lanes.kafka.position[OTHER]) == ({LANE: 3, CHANGELOG: None}, 8)
    lanes, going = await rewound({LANE, OTHER, CHANGELOG})
    assert (going, {*lanes.kafka.position.values()}) == ({}, {8})
