"""Several writers of the counts on a real Kafka that compacts: who wrote late is harmless."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.counts.changelog import Changelog
from elfaust.counts.entry import CountKey, Tally
from elfaust.counts.reader import CountsReader, read_counts
from elfaust.counts.takings import Takings, told
from elfaust.delivery.topic_limits import IncrementalAlterConfigs
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import ServerAway
from elfaust.names import changelog_topic
from elfaust.settings import Settings

ENTRY = CountKey(0, "eventlogging_Edit_7", "Edit", 7, "", None)
#: What makes Kafka compact within seconds.
SOON = {
    "segment.ms": "500",
    "min.cleanable.dirty.ratio": "0.01",
    "max.compaction.lag.ms": "1000",
    "delete.retention.ms": "100",
}


class Worker:
    """What of a worker counts lane 0; nobody tells it when the lane has gone."""

    def __init__(self, settings: Settings, admin: TopicAdmin) -> None:
        self.reader = CountsReader(settings)
        self.changelog = Changelog(settings, admin)
        self.takings = Takings(
            settings.throughput, self.reader, self.changelog.write, make=self.changelog.make
        )

    async def take(self) -> None:
        await self.reader.start()
        await self.takings.take({0})

    async def count(self, *positions: int) -> Callable[[], None]:
        """Count records of these positions; return what their commit is told to."""
        tally = Tally([("raw", at) for at in positions], 1_000)
        commit = self.takings.add(0, {ENTRY: tally})
        await self.takings.written()
        return commit

    async def stop(self) -> None:
        await self.reader.stop()
        await self.changelog.close()


@pytest.fixture
async def admin(fresh: Settings) -> AsyncIterator[TopicAdmin]:
    async with TopicAdmin(fresh) as admin:
        await admin.ensure([changelog_topic(fresh)], compacted=True)
        yield admin


@pytest.fixture
async def workers(fresh: Settings, admin: TopicAdmin) -> AsyncIterator[list[Worker]]:
    made = [Worker(fresh, admin) for _ in range(3)]
    yield made
    for worker in made:
        await worker.stop()


async def valid(settings: Settings) -> list[int]:
    return [row.valid for row in (await read_counts(settings)).rows()]


async def keys(settings: Settings) -> list[bytes]:
    """Return the keys of the records that lane 0 of the changelog has."""
    lane = TopicPartition(changelog_topic(settings), 0)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign([lane])
        end, found = (await consumer.end_offsets([lane]))[lane], list[bytes]()
        while await consumer.position(lane) < end:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [record.key for record in records]
        return found
    finally:
        await consumer.stop()


async def test_who_wakes_after_its_successor_wrote_takes_nothing_away(
    fresh: Settings, workers: list[Worker]
) -> None:
    frozen, owner, next_one = workers
    await frozen.take()
    (await frozen.count(*range(10)))()
    await owner.take()
    commit = await owner.count(*range(15))
    commit()
    await owner.takings.tidy()
    # It was frozen while it counted two more, and knows nothing of its successor.
    await frozen.count(10, 11)
    await frozen.takings.tidy()
    assert await valid(fresh) == [15]
    await next_one.take()
    assert told(next_one.takings) == []
    await next_one.count(*range(16))
    assert await valid(fresh) == [16]


@pytest.mark.long
@pytest.mark.timeout(180)
async def test_compaction_keeps_what_counts_most(
    fresh: Settings, admin: TopicAdmin, workers: list[Worker]
) -> None:
    frozen, owner, next_one = workers
    client = await admin._client()
    for name, value in SOON.items():
        request = IncrementalAlterConfigs([changelog_topic(fresh)], name, value)
        await client._send_request(request)
    await frozen.take()
    (await frozen.count(*range(9)))()
    await frozen.count(9)
    await owner.take()
    (await owner.count(*range(15)))()
    await owner.takings.tidy()
    await frozen.count(10, 11)
    key = f"{ENTRY.encode()}|{frozen.takings.lanes[0].writer}".encode()
    began = time.monotonic()
    while (await keys(fresh)).count(key) > 1:
        assert time.monotonic() - began < 150
        # A segment that is written to is not compacted.
        await owner.changelog.write({0: [(b"nobody's", b"{}")]})
        await asyncio.sleep(1)
    assert await valid(fresh) == [15]
    await next_one.take()
    assert told(next_one.takings) == []


async def test_a_hole_is_told_by_who_takes_the_lane(fresh: Settings, workers: list[Worker]) -> None:
    first, second, third = workers
    await first.take()
    (await first.count(1, 2, 3))()
    await first.takings.tidy()
    [entry] = [key for key in await keys(fresh) if b"|check|" not in key]
    await first.changelog.write({0: [(entry, None)]})
    await second.take()
    assert told(second.takings) == [
        "counts of eventlogging_Edit_7, lane 0, Edit 7: 0 counted in all, 3 were"
    ]
    (await second.count(4))()
    await second.takings.tidy()
    await third.take()
    assert told(third.takings) == []
    assert await valid(fresh) == [1]


async def test_lanes_wait_for_a_changelog_that_no_broker_knows_yet(fresh: Settings) -> None:
    reader = CountsReader(fresh)
    await reader.start()
    try:
        await reader.caught_up()
        with pytest.raises(ServerAway, match="does not know"):
            await reader.caught_up(must_exist=True)
    finally:
        await reader.stop()


async def test_a_reader_that_has_lost_its_connection_skips_nothing(
    fresh: Settings, workers: list[Worker]
) -> None:
    writer, other, _ = workers
    await writer.take()
    await other.reader.start()
    await writer.count(1)
    await other.reader.caught_up()
    await other.reader.stop()
    await writer.count(2, 3)
    await other.reader.start()
    await other.reader.caught_up()
    assert [row.valid for row in other.reader.view.rows()] == [3]


@pytest.mark.timeout(60)
async def test_a_changelog_made_anew_is_read_from_its_beginning(
    fresh: Settings, admin: TopicAdmin, workers: list[Worker], caplog: pytest.LogCaptureFixture
) -> None:
    writer, other, _ = workers
    await writer.take()
    for at in range(5):
        await writer.count(at)
    await other.reader.start()
    await other.reader.caught_up()
    await other.reader.stop()
    await admin.delete(changelog_topic(fresh))
    while changelog_topic(fresh) in await admin.names():
        await asyncio.sleep(0.1)
    await admin.ensure([changelog_topic(fresh)], compacted=True)
    await other.reader.start()
    # A broker may not know the new topic yet.
    while other.reader.view.rows():
        await asyncio.sleep(0.05)
    assert "made anew" in caplog.text


@pytest.mark.timeout(60)
async def test_a_changelog_that_was_deleted_is_made_again_by_who_takes_lanes(
    fresh: Settings, admin: TopicAdmin, workers: list[Worker]
) -> None:
    topic, (owner, _, _) = changelog_topic(fresh), workers
    await owner.take()
    (await owner.count(1, 2))()
    await (await admin._client()).delete_topics([topic])
    while topic in await admin.names():
        await asyncio.sleep(0.1)
    await owner.take()
    await owner.count(3)
    # What was deleted goes on to count where it is known still.
    assert await valid(fresh) in ([1], [3])
