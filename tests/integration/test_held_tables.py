"""A table that waits to be mended, under a flood, on real servers: all its rows, no other waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import orjson
import pytest
import requests

from elfaust.delivery.lag import LagReader
from elfaust.delivery.publisher import publishing
from elfaust.names import TopicNames
from elfaust.records import Outgoing, SchemaKey, Source
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.workers.state import alive
from tests.integration.running import working
from tests.integration.test_mysql_sink import EVENTS

BAD, GOOD = SchemaKey("AutoblockIpBlock", 19098752), SchemaKey("SpecialMuteSubmit", 19679477)
BAD_TABLE, GOOD_TABLE = "AutoblockIpBlock_19098752", "SpecialMuteSubmit_19679477"
#: Ten times the rows that may wait in the sink.
FLOOD = 20_000


@pytest.fixture
def bounded(quick: Settings) -> Settings:
    return replace(
        quick,
        kafka=replace(quick.kafka, max_poll_records=500),
        mysql=replace(quick.mysql, flush_rows=FLOOD // 10 // 20),
    )


@pytest.fixture
def count(bounded: Settings) -> Iterator[Callable[[str], int]]:
    """Return what counts the different events of a table, 0 where there is none."""

    def rows(table: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"SHOW TABLES LIKE '{table}'")
            if not cursor.fetchall():
                return 0
            cursor.execute(f"SELECT COUNT(DISTINCT uuid) FROM {table}")
            [(found,)] = cursor.fetchall()
        return int(found)

    with closing(connect(bounded.mysql)) as connection:
        connection.autocommit(True)
        yield rows


async def publish(settings: Settings, key: SchemaKey, numbers: range) -> None:
    names, sample, lanes = TopicNames(settings), EVENTS[key][0], settings.topics.lanes
    async with publishing(settings) as publisher:
        await publisher.publish(
            [
                Outgoing(
                    names.event(key),
                    number % lanes,
                    orjson.dumps({**sample, "uuid": f"{number:032x}"}),
                    1_600_000_000_000,
                    Source("raw", number),
                )
                for number in numbers
            ]
        )


async def lag(settings: Settings) -> int:
    async with LagReader(settings) as reader:
        return sum(topic.lag for topic in await reader.read() if topic.role == "mysql")


def until(condition: Callable[[], Any], what: str, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def ready(settings: Settings) -> Any:
    [worker] = alive(settings)
    return requests.get(f"{worker.web}ready/", timeout=5).json()


def test_a_table_that_waits_under_a_flood_is_written_once_it_is_mended(
    bounded: Settings, admin: Callable[[str], None], count: Callable[[str], int]
) -> None:
    roles = {"processor": 0, "hdfs": 0, "throughput": 0, "forwarder": 0, "mysql": 1}
    asyncio.run(publish(bounded, BAD, range(1)))
    with working(bounded, **roles) as codes:
        until(lambda: count(BAD_TABLE) == 1, "the table is there")
        admin(f"ALTER TABLE {BAD_TABLE} RENAME COLUMN event_ip TO kept")
        asyncio.run(publish(bounded, BAD, range(1, FLOOD)))
        asyncio.run(publish(bounded, GOOD, range(FLOOD)))
        until(lambda: count(GOOD_TABLE) == FLOOD, "the other table has all its rows")
        status = ready(bounded)
        assert status["ready"]
        assert status["unforeseen"] == {}
        assert any(BAD_TABLE in why for why in status["held"])
        assert count(BAD_TABLE) == 1
        admin(f"ALTER TABLE {BAD_TABLE} RENAME COLUMN kept TO event_ip")
        mended = time.monotonic()
        until(lambda: count(BAD_TABLE) > 1, "the mended table goes on", 16.0)
        until(lambda: count(BAD_TABLE) == FLOOD, "the mended table has all its rows")
        until(lambda: asyncio.run(lag(bounded)) == 0, "all is committed")
        assert ready(bounded)["held"] == []
        print(f"mended table complete after {time.monotonic() - mended:.1f} s")
    assert (codes, codes.ended) == ({"mysql-0": 0}, [])
