"""Notes on a real Kafka: what is committed with an offset comes back with the lane."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from faust.types import TP

from elfaust.delivery.lane import Lane, Noted
from elfaust.delivery.publisher import publishing
from elfaust.errors import LaneLost
from elfaust.models.raw_line import RawLine
from elfaust.records import Outgoing
from elfaust.settings import Settings
from elfaust.workers.worker import Worker


def noting(settings: Settings) -> Worker:
    """Return a worker that notes with each batch how far it has come."""
    app = Worker("processor", settings, web_enabled=False)

    @app.agent(app.batches(settings.topics.raw_client, value_type=RawLine), name="noting")  # type: ignore[untyped-decorator]
    async def note(stream: Any) -> None:
        async for event in stream.noack().events():
            event.message.note = f"up to {event.message.offset}"
            event.ack()

    return app


@asynccontextmanager
async def running(app: Worker) -> AsyncIterator[Worker]:
    app.loop = asyncio.get_running_loop()
    app.finalize()
    await app.start()
    try:
        yield app
    finally:
        await app.stop()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(40):
        while not condition():
            await asyncio.sleep(0.05)


async def send(settings: Settings, count: int) -> None:
    async with publishing(settings) as publisher:
        await publisher.publish(
            [
                Outgoing(settings.topics.raw_client, lane, b"%d" % n, 5_000)
                for n in range(count)
                for lane in range(2)
            ]
        )


async def committed(settings: Settings, lane: TP) -> tuple[int, str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap)
    await admin.start()
    try:
        group = settings.kafka.app_id.format(role="processor")
        offsets: Any = await admin.list_consumer_group_offsets(group)
        at = {(tp.topic, tp.partition): found for tp, found in offsets.items()}[lane]
        return at.offset, at.metadata
    finally:
        await admin.close()


def note(app: Worker, tp: TP) -> str:
    """Return the note of what is committed of a worker's lane."""
    lane = app.consumer.lanes.get(tp)
    return "" if lane is None else str(lane.committed.note)


async def test_a_note_survives_a_restart_and_lanes_that_move(quick: Settings) -> None:
    lane, other = TP(quick.topics.raw_client, 0), TP(quick.topics.raw_client, 1)
    await send(quick, 10)
    async with running(noting(quick)) as first:
        await until(lambda: note(first, lane) == "up to 9")
        # Nothing is acknowledged since: the offset stays, the note is another.
        await first.consumer.commit_note(first.consumer.lanes[lane], "alone")
        assert await committed(quick, lane) == (10, "alone")
        # A lane that never had anything has a place for its note too.
        empty = TP(lane.topic, 2)
        await first.consumer.commit_note(first.consumer.lanes[empty], "nothing yet")
        assert await committed(quick, empty) == (0, "nothing yet")
    async with running(noting(quick)) as again:
        await until(lambda: note(again, other) == "up to 9")
        assert note(again, lane) == "alone"
        assert note(again, empty) == "nothing yet"
        await send(quick, 5)
        await until(lambda: note(again, lane) == "up to 14")
        async with running(noting(quick)) as second:
            lanes = [TP(lane.topic, number) for number in range(quick.topics.lanes)]
            await until(lambda: 0 < len(second.consumer.assignment() & set(lanes)) < len(lanes))
            await until(lambda: again.consumer.flow_active and second.consumer.flow_active)
            notes = dict.fromkeys((lane, other), "up to 14") | {empty: "nothing yet"}
            for app in (again, second):
                for tp in app.consumer.assignment() & notes.keys():
                    assert note(app, tp) == notes[tp]
            [gone] = [app for app in (again, second) if lane not in app.consumer.assignment()]
            not_its = Lane(lane, Noted(15), gone.consumer_generation_id, 0)
            with pytest.raises(LaneLost, match="lane 0 "):
                await gone.consumer.commit_note(not_its, "of a stranger")
            assert await committed(quick, lane) == (15, "up to 14")
