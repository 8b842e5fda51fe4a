"""Kafka no longer has what was to be read, or has it where nobody reads: the log says so."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from elfaust.audit.account import read_account
from elfaust.audit.account_entries import Entry
from elfaust.delivery.lag import LagReader
from elfaust.delivery.topics import TopicAdmin
from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.trial.job import landed, send
from tests.chaos.trial import Outcome, held, judged, lags, until
from tests.integration.running import working

LINES = 3_000
KEY = SchemaKey("HelpPanel", 18731791)


def rows(entry: Entry, role: str) -> int:
    return entry.in_store(role).events


def line(settings: Settings) -> Entry:
    """Return what the account says of KEY."""
    [found] = [one for one in asyncio.run(read_account(settings)).entries if one.key == KEY]
    return found


def log_of(settings: Settings, role: str) -> str:
    """Return what a role's first worker has logged."""
    return (Path(settings.workers.state) / "logs" / f"{role}-0.log").read_text()


async def behind_of(settings: Settings, role: str, topic: str) -> dict[TopicPartition, int]:
    """Return the end of each lane of a topic in which a role is behind."""
    async with LagReader(settings) as reader:
        lanes = await reader.lanes()
        return {
            TopicPartition(lane.topic, lane.lane): lane.end
            for lane in lanes
            if (lane.role, lane.topic) == (role, topic) and lane.acknowledged < lane.end
        }


async def remove(settings: Settings, ends: dict[TopicPartition, int]) -> None:
    """Delete the records of lanes before some offsets, as retention does."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap)
    await admin.start()
    try:
        await admin.delete_records({tp: RecordsToDelete(end) for tp, end in ends.items()})
    finally:
        await admin.close()


async def delete(settings: Settings, topic: str) -> None:
    """Delete a topic."""
    async with TopicAdmin(settings) as admin:
        await admin.delete(topic)


@pytest.mark.long
def test_records_that_retention_took_from_a_sink_are_told(quick: Settings) -> None:
    topic = TopicNames(quick).event(KEY)
    with working(quick, forwarder=0):
        asyncio.run(send(quick, LINES))
        asyncio.run(landed(quick, LINES, timeout=90.0))
    with working(quick, forwarder=0, mysql=0):
        asyncio.run(send(quick, LINES))
        asyncio.run(until_only_mysql_is_behind(quick, 2 * LINES))
    ends = asyncio.run(behind_of(quick, "mysql", topic))
    before = line(quick)
    asyncio.run(remove(quick, ends))
    with working(quick, forwarder=0):
        asyncio.run(send(quick, LINES))
        asyncio.run(landed(quick, 3 * LINES, timeout=90.0))
    told, after = log_of(quick, "mysql"), line(quick)
    lost = rows(before, "hdfs") - rows(before, "mysql")
    lanes = re.findall(rf"{topic}, lane \d+: .* (\d+) records, are lost", told)
    # The log says what is alike once a minute.
    alike = re.findall(r"are lost: .*\(and (\d+) more like it\)", told)
    assert len(lanes) + sum(map(int, alike)) == len(ends)
    assert 0 < sum(map(int, lanes)) <= lost
    assert rows(after, "mysql") == rows(after, "hdfs") - lost
    assert "are lost" not in log_of(quick, "hdfs")


async def until_only_mysql_is_behind(settings: Settings, raw: int) -> None:
    """Wait until every role but mysql has read all."""
    async with LagReader(settings) as reader:
        async with asyncio.timeout(90):
            while True:
                lags = await reader.read()
                judged = sum(lag.acknowledged for lag in lags if lag.role == "processor")
                late = {lag.role for lag in lags if lag.lag}
                if judged == raw and late == {"mysql"}:
                    return
                await asyncio.sleep(0.3)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_topic_that_was_deleted_is_made_anew(quick: Settings) -> None:
    topic = TopicNames(quick).event(KEY)
    with working(quick, forwarder=0):
        asyncio.run(send(quick, LINES))
        asyncio.run(landed(quick, LINES, timeout=90.0))
        before = line(quick)
        asyncio.run(delete(quick, topic))
        asyncio.run(send(quick, LINES))
        asyncio.run(landed(quick, 2 * LINES, timeout=90.0))
        after = line(quick)
    assert f"{topic} was deleted" in log_of(quick, "hdfs")
    assert after.valid > 0
    assert (*after.in_store("mysql")[:1], *after.in_store("hdfs")[:2], after.counted) == (
        before.valid + after.valid,
        before.valid + after.valid,
        0,
        before.valid + after.valid,
    )


@pytest.mark.long
@pytest.mark.timeout(300)
def test_partitions_that_are_added_wait_until_all_topics_have_them(
    quick: Settings, note: Callable[[Outcome], None]
) -> None:
    lanes = quick.topics.lanes
    wider = replace(quick, topics=replace(quick.topics, lanes=lanes + 2))
    with working(quick, forwarder=0, mysql=2, throughput=2):
        asyncio.run(send(quick, LINES))
        asyncio.run(landed(quick, LINES, timeout=90.0))
        # Who sends to more lanes than a topic has adds them.
        asyncio.run(send(wider, 2 * LINES))
        until(lambda: f"has {lanes + 2} partitions" in held(quick, "processor"), "it is reported")
        until(lambda: only_added_lanes_wait(quick), "the other lanes go on")
    assert f"until topics.lanes is {lanes + 2}" in log_of(quick, "processor")
    with working(wider, forwarder=0, mysql=2, throughput=2):
        note(judged(wider, "partitions added", 1, 3 * LINES, time.monotonic()))
    assert sum(lag.records for lag in lags(wider) if lag.role == "processor") == 3 * LINES


def only_added_lanes_wait(settings: Settings) -> bool:
    """Return whether all is read but what is in partitions past `topics.lanes`."""

    async def waiting() -> set[int]:
        async with LagReader(settings) as reader:
            lanes = await reader.lanes()
            return {lane.lane for lane in lanes if lane.acknowledged < lane.end}

    return asyncio.run(waiting()) == {settings.topics.lanes, settings.topics.lanes + 1}
