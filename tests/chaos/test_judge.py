"""The judge finds what is wrong: each fault is planted by hand among events that are right."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.audit import Finding, audit
from elfaust.job import landed, send
from elfaust.settings import Settings
from elfaust.sinks.connection import connect
from elfaust.storage import open_storage
from tests.integration.running import working

LINES = 1_500
KEY = "HelpPanel_18731791"


def execute(settings: Settings, statement: str) -> None:
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        connection.commit()


def lose_a_row(settings: Settings) -> None:
    execute(settings, f"DELETE FROM `{KEY}` LIMIT 1")


def change_a_value(settings: Settings) -> None:
    execute(settings, f"UPDATE `{KEY}` SET event_action = 'other' ORDER BY uuid DESC LIMIT 1")


def add_a_row(settings: Settings) -> None:
    execute(settings, f"INSERT INTO `{KEY}` (uuid) VALUES ('{'0' * 32}')")


def double_a_file(settings: Settings) -> None:
    storage, folder = open_storage(settings.hdfs), f"{settings.hdfs.root}/{KEY.lower()}"
    path = next(iter(storage.walk(folder)))
    storage.write(f"{path}.copy.parquet", storage.read(path))


def lose_files(settings: Settings) -> None:
    open_storage(settings.hdfs).delete(f"{settings.hdfs.root}/{KEY.lower()}")


def leave_a_file(settings: Settings) -> None:
    open_storage(settings.hdfs).write(f"{settings.hdfs.root}/_temporary/lane=0/1.parquet", b"x")


def go_ahead(settings: Settings) -> None:
    asyncio.run(commit_past_the_end(settings))


async def commit_past_the_end(settings: Settings) -> None:
    topic = settings.topics.event.format(schema="HelpPanel", revision=18731791)
    group = settings.kafka.app_id.format(role="mysql")
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        lane = TopicPartition(topic, 0)
        consumer.assign([lane])
        await consumer.commit({lane: 10_000_000})
    finally:
        await consumer.stop()


#: Fault: what the judge must say, of which place.
PLANTED: list[tuple[Callable[[Settings], None], str, str]] = [
    (lose_a_row, "lost", f"MySQL {KEY}"),
    (change_a_value, "differs", KEY),
    (add_a_row, "unknown", f"MySQL {KEY}"),
    (double_a_file, "twice", f"Parquet {KEY}"),
    (lose_files, "lost", f"Parquet {KEY}"),
    (leave_a_file, "left over", "HDFS"),
    (go_ahead, "ahead", ""),
]


def findings(settings: Settings) -> list[Finding]:
    return asyncio.run(audit(settings)).findings


@pytest.fixture
def stored(quick: Settings) -> Settings:
    with working(quick, forwarder=0):
        asyncio.run(send(quick, LINES))
        asyncio.run(landed(quick, LINES, timeout=90.0))
    return quick


@pytest.mark.timeout(300)
def test_the_judge_finds_each_fault(stored: Settings) -> None:
    before = findings(stored)
    assert before == []
    for plant, kind, where in PLANTED:
        plant(stored)
        after = findings(stored)
        new = [f for f in after if f not in before and f.kind == kind and where in f.where]
        assert new, f"{plant.__name__}: {after}"
        before = after
