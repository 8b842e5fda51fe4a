"""Events by HTTP into a real Kafka: what was answered 2xx is there, whatever is killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from yarl import URL

from elfaust.devstack.stack import Stack
from elfaust.settings import Settings
from elfaust.workers.state import alive
from tests.integration.running import working
from tests.integration.test_forwarding import in_kafka

#: Roles that read are of no use here.
ALONE = {"processor": 0, "mysql": 0, "hdfs": 0, "throughput": 0, "forwarder": 0}


def taking(settings: Settings, **intake: Any) -> Settings:
    """Return settings with which the intake runs; its topic is the one that is read here."""
    return replace(
        settings,
        intake=replace(settings.intake, on=True, **intake),
        forwarder=replace(settings.forwarder, topic=settings.topics.raw_client),
    )


@asynccontextmanager
async def clients(settings: Settings) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=50)
    async with aiohttp.ClientSession(settings.intake.url, connector=connector) as session:
        async with asyncio.timeout(60):
            while not await answers(session, "first"):
                await asyncio.sleep(0.1)
        yield session


async def answers(session: aiohttp.ClientSession, text: str) -> int:
    """Send a beacon; return the status, 0 for none or for one that is no success."""
    query = quote(json.dumps({"schema": "Edit", "revision": 1, "event": {"text": text}}))
    at = URL(f"{session._base_url}beacon/event?{query};", encoded=True)
    try:
        async with session.get(at) as answer:
            return answer.status if answer.status < 300 else 0
    except (aiohttp.ClientError, OSError):
        return 0


async def texts(settings: Settings) -> list[str]:
    lines = await in_kafka(settings)
    return [line.split(b"%22text%22%3A%20%22")[1].split(b"%22")[0].decode() for line in lines]


async def test_what_is_answered_is_in_kafka(quick: Settings) -> None:
    settings = taking(quick)
    with working(settings, **ALONE) as running:
        async with clients(settings) as session:
            said = await asyncio.gather(*(answers(session, str(n)) for n in range(300)))
            posted = await session.post("v1/events", json=[{"event": {}}, {"event": {}}])
            assert posted.status == 201
            beacon = await session.get("event.gif?%7B%7D;")
            assert (beacon.status, beacon.headers["Requested-Event-Valid"]) == (204, "0")
            [worker] = alive(settings)
            async with asyncio.timeout(20):
                while (await session.get(f"{worker.web}-/ready")).status != 200:
                    await asyncio.sleep(0.1)
            metrics = await (await session.get(f"{worker.web}metrics")).text()
        assert said == [204] * 300
        assert 'elfaust_intake_requests_total{status="201"} 1' in metrics
    assert running == {"intake-0": 0}
    lines = await in_kafka(settings)
    # The first may have been sent more than once, until it was answered.
    assert len(lines) >= 304
    assert len({line.split(b"\t")[2] for line in lines}) == len(lines)
    assert len({line.split(b"\t")[1] for line in lines}) == 1


@contextmanager
def standing(settings: Settings) -> Iterator[None]:
    """Have Kafka stand still."""
    [pid] = [server.pid for server in Stack(settings).status() if server.name == "kafka"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.long
@pytest.mark.parametrize("spool", [False, True])
async def test_nothing_that_was_answered_is_lost_by_kills(quick: Settings, spool: bool) -> None:
    settings, promised = taking(quick, spool=spool), list[str]()
    with working(settings, **ALONE):
        async with clients(settings) as session:
            over = asyncio.Event()

            async def load(one: int) -> None:
                number = 0
                while not over.is_set():
                    number += 1
                    if await answers(session, f"{one}-{number}"):
                        promised.append(f"{one}-{number}")
                    else:
                        await asyncio.sleep(0.05)

            loads = [asyncio.create_task(load(one)) for one in range(40)]
            for _ in range(5):
                before = len(promised)
                async with asyncio.timeout(60):
                    while len(promised) < before + 2_000:
                        await asyncio.sleep(0.05)
                [worker] = [w for w in alive(settings) if w.role == "intake"]
                os.kill(worker.pid, signal.SIGKILL)
            over.set()
            await asyncio.gather(*loads)
            async with asyncio.timeout(60):
                while set(promised) - set(found := await texts(settings)):
                    await asyncio.sleep(0.5)
    assert len(found) - len(set(found)) <= len([text for text in found if text == "first"])


@pytest.mark.long
async def test_each_answer_comes_in_time_while_kafka_stands(quick: Settings) -> None:
    settings = taking(replace(quick, kafka=replace(quick.kafka, publish_timeout=6.0)))
    with working(settings, **ALONE) as running:
        async with clients(settings) as session:
            slowest = 0.0
            with standing(settings):
                end, number = time.monotonic() + 20, 0
                while time.monotonic() < end:
                    began, number = time.monotonic(), number + 1
                    assert not await answers(session, f"standing-{number}")
                    slowest = max(slowest, time.monotonic() - began)
                    await asyncio.sleep(0.01)
            async with asyncio.timeout(60):
                while not await answers(session, "after"):
                    await asyncio.sleep(0.1)
    assert slowest < 5
    assert number > 10
    assert not running.ended
    found = await texts(settings)
    assert found.count("after") == 1
    assert len(standing_ones := [t for t in found if t.startswith("standing")]) == len(
        set(standing_ones)
    )


@pytest.mark.long
async def test_a_raw_topic_that_was_deleted_is_made_again(quick: Settings) -> None:
    settings = taking(replace(quick, kafka=replace(quick.kafka, publish_timeout=3.0)))
    with working(settings, **ALONE) as running:
        async with clients(settings) as session:
            admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap)
            await admin.start()
            await admin.delete_topics([settings.topics.raw_client])
            await admin.close()
            async with asyncio.timeout(60):
                while "after" not in await texts(settings):
                    await answers(session, "after")
                    await asyncio.sleep(0.5)
    assert not running.ended
