"""Seconds until a worker that takes all lanes counts again, of a table of a day.

`python -m tests.bench.counts_recovery [LANES] [REVISIONS] [HOURS] [REWRITES]` on a running Kafka
(ELFAUST_KAFKA_BOOTSTRAP), with topics of names of its own, which it deletes. It writes an entry of
each lane, schema revision and hour, with all its minutes, and those of the last hour and the totals
REWRITES times more, as what Kafka has not compacted yet. A worker takes all lanes. Then errors of
all schema revisions come as fast as they can be sent, to see the changelog's records in steady
state; the worker is killed, and another one takes all lanes. It prints what it saw.
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

from elfaust.counts.changelog import Changelog
from elfaust.counts.entry import CountKey
from elfaust.counts.merged import LaneCounts
from elfaust.counts.place import place_of
from elfaust.counts.reader import CountsReader
from elfaust.counts.taking import Taking
from elfaust.delivery.lag import LagReader
from elfaust.delivery.publisher import publishing
from elfaust.delivery.topics import TopicAdmin
from elfaust.names import changelog_topic
from elfaust.records import Outgoing, Source
from elfaust.settings import Settings, load
from elfaust.workers.state import alive
from tests.integration.running import EVERY, working

STEADY_SECONDS = 20
#: An entry of an hour in which an error came each second.
ENTRY = {
    "count": 3_600,
    "last": 1_700_000_000_000,
    "positions": {"eventlogging-client-side": 0},
    "refused": 0,
    "ranges": {},
    "minutes": [60] * 60,
    "refused_minutes": [],
}


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


async def end(settings: Settings) -> int:
    """Return how many records of the changelog were ever written."""
    topic = changelog_topic(settings)
    lanes = [TopicPartition(topic, lane) for lane in range(settings.topics.lanes)]
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka.bootstrap)
    await consumer.start()
    try:
        return sum((await consumer.end_offsets(lanes)).values())
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


def cpu(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pids(settings: Settings) -> list[int]:
    """Return the workers that count."""
    return [worker.pid for worker in alive(settings) if worker.role == "throughput"]


async def fill(settings: Settings, revisions: int, hours: int, rewrites: int) -> None:
    """Write the entries of a day."""
    this, admin = int(time.time() // 3600), TopicAdmin(settings)
    changelog = Changelog(settings, admin)
    try:
        await admin.ensure([settings.topics.error, *settings.raw_topics.values()])
        await admin.ensure([changelog_topic(settings)], compacted=True)
        takings = [Taking(lane, LaneCounts()) for lane in range(settings.topics.lanes)]
        for back in [*range(hours, 0, -1), *[1] * rewrites]:
            for taking in takings:
                for n in range(revisions):
                    total = CountKey(
                        taking.lane, settings.topics.error, f"S{n}", n + 1, "validation", None
                    )
                    taking.put(place_of(total), ENTRY)
                    taking.put(place_of(total._replace(hour=this - back)), ENTRY)
            await changelog.write({taking.lane: taking.changes() for taking in takings})
    finally:
        await changelog.close()
        await admin.close()


def main(lanes: int, revisions: int, hours: int, rewrites: int) -> None:
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
            asyncio.run(fill(settings, revisions, hours, rewrites))
            run(settings, revisions)
        finally:
            asyncio.run(_delete(settings, name))


def run(settings: Settings, revisions: int) -> None:
    """Have workers take what there is, and print what was seen."""
    sender = Sender(settings, revisions)
    records, took = asyncio.run(read_again(settings))
    print(f"read: {records} records in {took:.1f} CPU seconds, {records / took:.0f} a second")
    began = time.monotonic()
    with working(settings, **{**dict.fromkeys(EVERY, 0), "throughput": 1}):
        print_taken("first", settings, sender, began, 0)
        before, began = asyncio.run(end(settings)), time.monotonic()
        while time.monotonic() - began < STEADY_SECONDS:
            sent = asyncio.run(sender.send([int(time.time() * 1000)]))
        asyncio.run(until_counted(settings))
        rate = (asyncio.run(end(settings)) - before) / (time.monotonic() - began)
        print(f"steady: {rate:.0f} changelog records a second ({sent} entries active)")
        [pid] = pids(settings)
        os.kill(pid, signal.SIGKILL)
        print_taken("after a kill", settings, sender, time.monotonic(), pid)


def print_taken(what: str, settings: Settings, sender: Sender, began: float, before: int) -> None:
    """Print how long it takes until a worker other than `before` counts."""
    while not (found := [pid for pid in pids(settings) if pid != before]):
        time.sleep(0.02)
    started = time.monotonic()
    asyncio.run(sender.send([int(time.time() * 1000)]))
    asyncio.run(until_counted(settings))
    now = time.monotonic()
    print(
        f"{what}: counts {now - began:.1f} s later, {now - started:.1f} s after its start, with"
        f" {cpu(found[0]):.1f} CPU seconds and {memory(found[0]):.0f} MB",
        flush=True,
    )


async def _delete(settings: Settings, name: str) -> None:
    async with TopicAdmin(settings) as admin:
        await admin.delete(name)


if __name__ == "__main__":
    given = [int(number) for number in sys.argv[1:]]
    main(*(given + [12, 300, 24, 20][len(given) :]))
