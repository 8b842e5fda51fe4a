"""Seconds until a worker that takes all lanes counts again, of a table of a day.

`python -m tests.bench.counts_recovery [LANES] [REVISIONS] [HOURS]` on a running Kafka
(ELFAUST_KAFKA_BOOTSTRAP), with topics of names of its own, which it deletes. It sends an error of
each schema revision, hour and minute to each lane (one topic has them all: thousands of partitions
would be what is measured) and has a worker count them; then one of each as fast as that goes, to
see the changelog's records in steady state; then the worker is killed, and another one takes all
lanes. It prints what it saw.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.counts.reader import CountsReader
from elfaust.delivery.lag import LagReader
from elfaust.delivery.publisher import publishing
from elfaust.delivery.topics import TopicAdmin
from elfaust.names import changelog_topic
from elfaust.records import Outgoing, Source
from elfaust.settings import Settings, load
from elfaust.workers.state import alive
from tests.integration.running import EVERY, working

MINUTE_MS, HOUR_MINUTES = 60_000, 60
STEADY_SECONDS = 30


class Sender:
    """Sends errors of all schema revisions."""

    def __init__(self, settings: Settings, revisions: int) -> None:
        self._settings = settings
        self._values = [
            orjson.dumps({"event": {"code": "validation", "schema": f"S{n}", "revision": n + 1}})
            for n in range(revisions)
        ]
        self._position = 0

    async def send(self, times: list[int]) -> int:
        """Send an error of each schema revision and time to each lane; return how many."""
        async with publishing(self._settings) as publisher:
            for at in times:
                await publisher.publish(list(self._records(at)))
        return len(self._values) * len(times) * self._settings.topics.lanes

    def _records(self, at: int) -> Iterator[Outgoing]:
        topics = self._settings.topics
        for value in self._values:
            self._position += 1
            source = Source(topics.raw_client, self._position)
            for lane in range(topics.lanes):
                yield Outgoing(topics.error, lane, value, at, source)


async def behind(settings: Settings) -> int:
    """Return how many records are not counted yet."""
    async with LagReader(settings) as reader:
        return sum(lag.lag for lag in await reader.read() if lag.role == "throughput")


async def until_counted(settings: Settings, seconds: float = 3600.0) -> float:
    """Return after how many seconds all is counted."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while await behind(settings):
            await asyncio.sleep(0.05)
    return time.monotonic() - began


async def ends(settings: Settings) -> tuple[int, int]:
    """Return the changelog's end, and how many records there are, of all lanes."""
    topic = changelog_topic(settings)
    lanes = [TopicPartition(topic, lane) for lane in range(settings.topics.lanes)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign(lanes)
        end, there = await consumer.end_offsets(lanes), 0
        for lane in lanes:
            while await consumer.position(lane) < end[lane]:
                got = await consumer.getmany(timeout_ms=500, max_records=50_000)
                there += sum(map(len, got.values()))
        return sum(end.values()), there
    finally:
        await consumer.stop()


async def read_again(settings: Settings) -> tuple[int, float]:
    """Return how many records a reader has taken in, and its CPU seconds."""
    reader = CountsReader(settings)
    began = time.process_time()
    await reader.start()
    await reader.caught_up()
    took = time.process_time() - began
    await reader.stop()
    return reader._applied, took


def memory(pid: int) -> float:
    """Return the resident memory of a process, MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def pids(settings: Settings) -> list[int]:
    """Return the workers that count."""
    return [worker.pid for worker in alive(settings) if worker.role == "throughput"]


async def filled(settings: Settings, sender: Sender, hours: int) -> None:
    """Have a day counted, hour by hour as it would come."""
    now = int(time.time() * 1000)
    for hour in reversed(range(hours)):
        first = now - hour * HOUR_MINUTES * MINUTE_MS
        times = [first - minute * MINUTE_MS for minute in reversed(range(HOUR_MINUTES))]
        sent = await sender.send(times)
        took = await until_counted(settings)
        print(f"hour {hour}: {sent} events, counted {took:.1f} s after they were sent", flush=True)


def main(lanes: int, revisions: int, hours: int) -> None:
    """Print what was seen."""
    with TemporaryDirectory() as folder:
        base = load()
        name = f"bench{os.getpid()}"
        topics = replace(
            base.topics, lanes=lanes, event=f"{name}_{{schema}}_{{revision}}", error=f"{name}_Error"
        )
        settings = replace(
            base,
            topics=topics,
            kafka=replace(base.kafka, app_id=f"{name}-{{role}}"),
            workers=replace(base.workers, state=folder),
            web=replace(base.web, view=False),
        )
        try:
            run(settings, revisions, hours)
        finally:
            asyncio.run(_delete(settings, name))


def run(settings: Settings, revisions: int, hours: int) -> None:
    sender = Sender(settings, revisions)
    with working(settings, **{**dict.fromkeys(EVERY, 0), "throughput": 1}):
        asyncio.run(until_counted(settings))
        asyncio.run(filled(settings, sender, hours))
        before, _ = asyncio.run(ends(settings))
        began = time.monotonic()
        while time.monotonic() - began < STEADY_SECONDS:
            asyncio.run(sender.send([int(time.time() * 1000)]))
        asyncio.run(until_counted(settings))
        steady = time.monotonic() - began
        end, there = asyncio.run(ends(settings))
        print(f"steady: {(end - before) / steady:.0f} changelog records a second")
        print(f"changelog: {there} records, {end} were written")
        records, cpu = asyncio.run(read_again(settings))
        print(f"read: {records} records in {cpu:.1f} CPU seconds, {records / cpu:.0f} a second")
        [pid] = pids(settings)
        print(f"memory of who has counted all: {memory(pid):.0f} MB")
        os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()
        asyncio.run(sender.send([int(time.time() * 1000)]))
        while not (again := [other for other in pids(settings) if other != pid]):
            time.sleep(0.02)
        started = time.monotonic()
        asyncio.run(until_counted(settings))
        now = time.monotonic()
        print(
            f"counts again {now - killed:.1f} s after the kill, {now - started:.1f} s after the "
            f"start; memory {memory(again[0]):.0f} MB",
            flush=True,
        )


async def _delete(settings: Settings, name: str) -> None:
    async with TopicAdmin(settings) as admin:
        await admin.delete(name)


if __name__ == "__main__":
    given = [int(number) for number in sys.argv[1:]]
    main(*(given + [12, 300, 24][len(given) :]))
