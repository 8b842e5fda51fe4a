"""Batches of one assignment; lost offsets told; a worker without lanes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata
from faust.types import TP

from elfaust.delivery.transport import BatchSchema
from tests.unit.delivery.played import LEADER, Kafka, Lanes, lanes_of, nothing

LANE = TP("eventlogging_Edit_1", 0)


def once(change: Callable[[], object]) -> Any:
    async def meanwhile() -> None:
        change()

    return meanwhile


async def test_what_was_fetched_for_another_assignment_is_not_delivered() -> None:
    lanes = await lanes_of({LANE}, [7])
    lanes.meanwhile = lambda: lanes.on_partitions_revoked({LANE})
    assert await lanes.fetched() == []


async def test_what_was_asked_for_before_lanes_came_again_and_fetched_after_is_delivered() -> None:
    """aiokafka has moved on: it would not come again."""
    lanes = await lanes_of({LANE}, [])
    lanes.kafka.coming = [7]
    fetching = asyncio.create_task(lanes.thread.getmany({LANE}, 60.0))
    await lanes.on_partitions_revoked({LANE})
    lanes.kafka.generation = 2
    await lanes.assigned()
    fetched = await fetching
    assert lanes.lanes[LANE].takes(fetched.step)


async def test_nothing_is_delivered_while_the_flow_is_stopped() -> None:
    lanes = await lanes_of({LANE}, [7])
    lanes.meanwhile = once(lanes.stop_flow)
    assert await lanes.fetched() == []


async def test_a_lane_that_moved_while_kafka_was_asked_what_it_has_delivers_nothing() -> None:
    kafka = Kafka({LANE: [7]})
    kafka.committed = {LANE: OffsetAndMetadata(5, "")}
    lanes = await Lanes(kafka).assigned()
    kafka.asked = lambda: lanes.on_partitions_revoked({LANE})
    assert await lanes.fetched() == []


async def test_nothing_more_of_a_fetch_is_handed_on_once_lanes_move() -> None:
    other = TP(LANE.topic, 1)
    lanes = await lanes_of({LANE, other}, [7, 8, 20_009])
    handed = []
    async for tp, message in lanes.getmany(0.0):
        handed.append((tp.partition, message.offset))
        await lanes.on_partitions_revoked({LANE, other})
    assert handed == [(0, 8)]


async def test_of_a_topic_that_is_not_batched_nothing_is_delivered() -> None:
    assert await (await lanes_of({TP(LEADER, 0)}, [7])).fetched() == []


async def test_lanes_go_though_kafka_takes_no_commit() -> None:
    """aiokafka would only log an error: old batches would stay, and the worker go on."""
    lanes = await lanes_of({LANE}, [7])
    [message] = await lanes.fetched()
    lanes.acknowledge(message)
    passed_on: list[set[TP]] = []

    async def wait(_: object) -> None:
        await asyncio.Future[None]()

    async def revoked(lanes: set[TP]) -> None:
        passed_on.append(lanes)

    lanes.kafka.committing, lanes._on_partitions_revoked = wait, revoked
    lanes.app.conf.broker_session_timeout = 0.01
    await lanes.on_partitions_revoked({LANE})
    assert (passed_on, lanes.lanes, message.dropped) == ([{LANE}], {}, True)
    assert (lanes.flow_active, lanes.app.flow_control.is_active()) == (False, False)


async def test_what_was_fetched_before_a_seek_is_not_delivered() -> None:
    lanes = await lanes_of({LANE}, [7, 8], poll=1)

    async def seek() -> None:
        lanes.meanwhile = nothing
        await lanes.perform_seek()
        lanes.resume_flow()

    lanes.meanwhile = seek
    assert await lanes.fetched() == []
    assert [message.offset for message in await lanes.fetched()] == [7]


async def test_nothing_is_delivered_of_lanes_that_were_not_sought_since_they_came() -> None:
    """Faust lets them flow for a moment, and its tables are not recovered then."""
    lanes = await lanes_of({LANE}, [7, 8], poll=1)
    assert [message.offset for message in await lanes.fetched()] == [7]
    lanes.kafka.generation = lanes.app.consumer_generation_id = 2
    await lanes.on_partitions_assigned({LANE}, 2)
    lanes.resume_flow()
    assert await lanes.fetched() == []
    await lanes.perform_seek()
    lanes.resume_flow()
    assert [message.offset for message in await lanes.fetched()] == [7]


async def test_a_worker_without_lanes_looks_at_its_heartbeat() -> None:
    lanes = await lanes_of({LANE}, [])
    lanes.pause_partitions({LANE})
    lanes.kafka.error = KafkaError("Unexpected exception in heartbeat task")
    with pytest.raises(KafkaError, match="heartbeat"):
        await lanes.fetched()


async def test_a_batch_takes_the_records_out_of_its_message() -> None:
    [message] = await (await lanes_of({LANE}, [7])).fetched()
    batch = BatchSchema(value_type=None, value_serializer="raw").loads_value(None, message)
    assert (len(batch), message.value) == (1, None)


async def test_what_is_paused_while_it_is_fetched_is_still_delivered() -> None:
    lanes = await lanes_of({LANE}, [7])
    lanes.meanwhile = once(lambda: lanes.pause_partitions({LANE}))
    assert [message.offset for message in await lanes.fetched()] == [7]


async def test_a_batch_carries_its_lane() -> None:
    lanes = Lanes(Kafka({LANE: [7]}))
    lanes.kafka.generation = 3
    [message] = await (await lanes.assigned()).fetched()
    assert (message.offset, len(message.value), message.lane) == (7, 1, lanes.lanes[LANE])
    assert (message.lane.generation, message.lane.tp) == (3, LANE)


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
async def test_lost_offsets_are_told(
    wanted: int, start: int, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    kafka = Kafka({LANE: [7, 8]}, poll=1)
    kafka.committed = {LANE: OffsetAndMetadata(wanted, "")}
    lanes = await Lanes(kafka).assigned()
    kafka.start[LANE], kafka.position[LANE] = start, 7
    # Once: what comes after it was to come.
    assert [len(await lanes.fetched()) for _ in range(2)] == [1, 1]
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [told in record.getMessage() for record in errors] == [True] * bool(told)


async def test_a_topic_that_was_made_anew_is_committed_below_the_old_one() -> None:
    kafka = Kafka({LANE: [7, 8]}, poll=1)
    kafka.committed = {LANE: OffsetAndMetadata(5_000, "a note of the old one")}
    lanes = await Lanes(kafka).assigned()
    kafka.start[LANE], kafka.position[LANE] = 0, 7
    batches = [batch for _ in range(2) for batch in await lanes.fetched()]
    assert lanes.lanes[LANE].committed == 7
    for batch in batches:
        lanes.acknowledge(batch)
    assert await lanes.commit()
    assert lanes.committed_of(LANE) == (9, "")


async def test_a_batch_spans_no_more_offsets_than_a_note_beside_an_offset_can_tell_of() -> None:
    lanes = await lanes_of({LANE}, [7, 8, 10_006, 10_007, 10**12, 10**12 + 9_999])
    spans = [(message.first, message.offset) for message in await lanes.fetched()]
    assert spans == [(7, 10_006), (10_007, 10_007), (10**12, 10**12 + 9_999)]
