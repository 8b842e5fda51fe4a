"""A trial of the forwarder: killed while its file grows, is rotated, and is copied and cut."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.settings import Settings, as_environ

#: Seconds after which what is awaited has failed.
PATIENCE = 60.0


class Writer:
    """Writes lines to a log, which it rotates by both ways."""

    def __init__(self, file: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.count = 0
        self._file = file
        file.touch()

    def write(self, lines: int) -> None:
        """Write lines, a few at a time."""
        with self._file.open("ab") as out:
            for _ in range(lines):
                out.write(b"%d %s\n" % (self.count, b"x" * self.chance.randint(0, 300)))
                self.count += 1

    def rotate(self) -> None:
        """Rename the log, or copy and cut it; files before it are renamed first."""
        for number in range(50, 0, -1):
            older = self._file.with_name(f"{self._file.name}.{number}")
            if older.exists():
                older.rename(self._file.with_name(f"{self._file.name}.{number + 1}"))
        rotated = self._file.with_name(f"{self._file.name}.1")
        if self.chance.random() < 0.5:
            self._file.rename(rotated)
            self._file.touch()
        else:
            shutil.copyfile(self._file, rotated)
            os.truncate(self._file, 0)


def killed(settings: Settings, folder: Path, kills: int, seed: int) -> tuple[int, Counter[bytes]]:
    """Kill a forwarder so often; return how many lines there were, how often each is in Kafka."""
    writer = Writer(folder / "x.log", seed)
    source = str(folder / "x.log")
    forwarder = replace(settings.forwarder, source=source, follow=True, rotate_seconds=0.05)
    settings = replace(settings, forwarder=forwarder)
    with process(settings, folder) as running:
        # What was rotated before is not the forwarder's.
        while not saved(folder):
            time.sleep(0.05)
        running.kill()
    for _ in range(kills):
        before = saved(folder)
        with process(settings, folder) as running:
            # One that is killed before it has come anywhere falls behind what is still there.
            end = 0.0
            while not end or time.monotonic() < end:
                if not end and saved(folder) != before:
                    end = time.monotonic() + writer.chance.uniform(0.0, 1.5)
                writer.write(writer.chance.randint(1, 40))
                if writer.chance.random() < 0.02:
                    writer.rotate()
                time.sleep(0.01)
            running.kill()
    with process(settings, folder) as running:
        found, end = Counter[bytes](), time.monotonic() + PATIENCE
        while len(found) < writer.count and time.monotonic() < end:
            time.sleep(0.5)
            found = asyncio.run(numbers(settings))
        running.kill()
    return writer.count, found


def saved(folder: Path) -> list[int]:
    """Return when the checkpoint was saved, nothing where there is none."""
    return [file.stat().st_mtime_ns for file in folder.glob("*.checkpoint.json")]


def process(settings: Settings, folder: Path) -> subprocess.Popen[bytes]:
    """Start a forwarder whose state is in a folder."""
    command = [sys.executable, "-m", "tests.integration.forwarder_process", str(folder)]
    return subprocess.Popen(command, env={**os.environ, **as_environ(settings)})


async def numbers(settings: Settings) -> Counter[bytes]:
    """Return how often the raw topic has each line, by its number."""
    lanes = [TopicPartition(settings.forwarder.topic, n) for n in range(settings.topics.lanes)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign(lanes)
        ends, found = await consumer.end_offsets(lanes), Counter[bytes]()
        while found.total() < sum(ends.values()):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found.update(record.value.split()[0] for record in records)
        return found
    finally:
        await consumer.stop()
