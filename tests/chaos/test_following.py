"""`elfaust tail` while Kafka dies: it says so once, goes on, and shows everything once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from elfaust.delivery.topics import TopicAdmin
from elfaust.devstack.stack import Stack
from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.settings import Settings, as_environ
from tests.chaos.trial import until

pytestmark = pytest.mark.long


def test_a_tail_outlives_kafka(stack: Stack, quick: Settings, tmp_path: Path) -> None:
    topic = TopicNames(quick).event(SchemaKey("Word", 1))
    asyncio.run(make(quick, topic))
    out, told = tmp_path / "out", tmp_path / "told"
    with out.open("w") as stdout, told.open("w") as stderr:
        command = [sys.executable, "-m", "elfaust", "tail", "--json", "--since", "1h"]
        tail = subprocess.Popen(
            command, env=os.environ | as_environ(quick), stdout=stdout, stderr=stderr
        )
    asyncio.run(send(quick, topic, range(100)))
    until(lambda: shown(out) == list(range(100)), "what was sent before is shown", 30)
    kafka = stack.server("kafka")
    os.kill(kafka.pid(), signal.SIGKILL)
    until(lambda: told.read_text() != "", "it says that Kafka is away", 40)
    # Another look or two say nothing more.
    time.sleep(3)
    kafka.start()
    kafka.wait_ready(120)
    asyncio.run(send(quick, topic, range(100, 200)))
    until(lambda: len(shown(out)) >= 200, "what was sent after is shown")
    assert shown(out) == list(range(200))
    assert len(told.read_text().splitlines()) == 1
    tail.send_signal(signal.SIGINT)
    assert tail.wait(20) == 130


def shown(out: Path) -> list[int]:
    """Return the numbers of the events that were shown, in their order within a lane."""
    lines = out.read_text().splitlines()
    return sorted(json.loads(line)["capsule"]["event"]["n"] for line in lines)


async def make(settings: Settings, topic: str) -> None:
    async with TopicAdmin(settings) as admin:
        await admin.ensure([topic])


async def send(settings: Settings, topic: str, numbers: range) -> None:
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka.bootstrap, acks="all") as producer:
        for n in numbers:
            value = {"schema": "Word", "revision": 1, "event": {"n": n}}
            await producer.send_and_wait(topic, json.dumps(value).encode())
