"""Seconds and memory of an audit of many events in many small files, on the tests' servers.

`python -m tests.bench.audit_many_files make NAME [--events 400000] [--files 30000] [--hdfs]` makes
a store under a name: topics, tables, files and acknowledgements, but no counts. `... time NAME`
audits it and prints seconds, MiB and findings; `... drop NAME` removes it. Files are on this
machine unless `--hdfs` is said, with each of the three.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import gettempdir

from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.audit.audit import audit
from elfaust.delivery.lag import topics_of
from elfaust.delivery.publisher import publishing
from elfaust.events.verdict import Judge, Verdict
from elfaust.names import TopicNames
from elfaust.records import Outgoing, Record, SchemaKey, Source
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.sink import MysqlSink
from elfaust.sinks.parquet.file_names import FileNames, file_name
from elfaust.sinks.parquet.table import ParquetWriter, to_bytes
from elfaust.sinks.stores import enabled_stores
from elfaust.storage import open_storage
from elfaust.testing import make_record, write
from elfaust.trial.recorded import recorded_lines
from tests.integration.running import READERS
from tests.servers import execute, remove_topics, running
from tests.stack_settings import renamed, settings_of_tests

#: Lines judged, sent and stored at once.
CHUNK = 4_000
#: When lines come, and the hour of that: clients name it, or a time too old to count.
NOW, HOUR = 1_600_000_000_000, "2020-09-13T12"


def settings_of(name: str, hdfs: bool) -> Settings:
    """Return the settings of a store."""
    folder = Path(gettempdir()) / "audit_many_files" / name
    settings = renamed(settings_of_tests(), name, folder)
    if not hdfs:
        settings = replace(
            settings, hdfs=replace(settings.hdfs, storage="local", root=str(folder / "event"))
        )
    return replace(settings, mysql=replace(settings.mysql, timeout=120.0))


class Maker:
    """Makes a store of so many events, with so many of them in a file."""

    def __init__(self, settings: Settings, of_file: int) -> None:
        self._settings = settings
        self._names, self._files = TopicNames(settings), FileNames(settings)
        self._registry = Registry(settings.schemas)
        self._mysql = MysqlSink(settings, self._registry)
        self._storage = open_storage(settings.hdfs)
        self._writers: dict[SchemaKey, ParquetWriter] = {}
        self._of_file = of_file
        self._next: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._waiting: defaultdict[tuple[SchemaKey, int], list[Record]] = defaultdict(list)
        self.files = 0

    async def make(self, count: int) -> None:
        """Send lines and events, and store the events."""
        execute(self._settings, f"CREATE DATABASE `{self._settings.mysql.database}`")
        stores = enabled_stores(self._settings).values()
        judge = Judge("", self._registry, self._settings, stores)
        lines = (line for kind, line in recorded_lines(2 * count) if kind == "client")
        made, lane = 0, 0
        async with publishing(self._settings) as publisher:
            while made < count:
                some = [make_record(line, n, NOW) for n, line in enumerate(islice(lines, CHUNK))]
                verdicts = await judge.judge(some, "bench")
                await publisher.publish(list(self._outgoing(some, verdicts, lane)))
                made += sum(not verdict.fault for verdict in verdicts)
                lane = (lane + 1) % self._settings.topics.lanes
        for key, of in self._waiting:
            self._file(key, of, self._waiting[key, of])
        await self._acknowledge()

    def _outgoing(
        self, lines: Sequence[Record], verdicts: Sequence[Verdict], lane: int
    ) -> Iterator[Outgoing]:
        raw, records = self._names.raw[0], defaultdict[SchemaKey, list[Record]](list)
        for line, verdict in zip(lines, verdicts, strict=True):
            position = self._offset(raw, lane)
            yield Outgoing(raw, lane, line.value, NOW)
            topic = self._names.error if verdict.fault else self._names.event(verdict.key)
            yield Outgoing(topic, lane, verdict.value, NOW, Source(raw, position))
            if not verdict.fault:
                offset = self._offset(topic, lane)
                record = make_record(verdict.value, offset, NOW, (raw, position))
                records[verdict.key].append(record)
        for key, stored in records.items():
            write(self._mysql, key, stored)
            waiting = self._waiting[key, lane]
            waiting += stored
            while len(waiting) >= self._of_file:
                self._file(key, lane, waiting[: self._of_file])
                del waiting[: self._of_file]

    def _offset(self, topic: str, lane: int) -> int:
        self._next[topic, lane] += 1
        return self._next[topic, lane] - 1

    def _file(self, key: SchemaKey, lane: int, records: Sequence[Record]) -> None:
        if not records:
            return
        if key not in self._writers:
            self._writers[key] = ParquetWriter(self._registry.find(key))
        table, refused = self._writers[key].table(records)
        assert not refused
        name = file_name(self._names.event(key), lane, records[0].offset, records[-1].offset)
        path = f"{self._files.in_hour(key, HOUR)}/{name}"
        if self._settings.hdfs.storage == "local":
            # Without waiting for the disk.
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(to_bytes(table))
        else:
            self._storage.write(path, to_bytes(table))
        self.files += 1

    async def _acknowledge(self) -> None:
        topics = {topic for topic, _ in self._next} | {self._names.error}
        for role in READERS:
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self._settings.kafka.bootstrap,
                group_id=self._settings.kafka.app_id.format(role=role),
                enable_auto_commit=False,
            )
            await consumer.start()
            lanes = [
                TopicPartition(topic, lane)
                for topic in topics_of(self._settings, role, topics)
                for lane in range(self._settings.topics.lanes)
            ]
            consumer.assign(lanes)
            await consumer.commit(await consumer.end_offsets(lanes))
            await consumer.stop()


def timed(settings: Settings) -> None:
    """Audit a store; print what it took."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, cpu = time.monotonic(), time.process_time()
    found = asyncio.run(audit(settings))
    took, cpu = time.monotonic() - began, time.process_time() - cpu
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    events = sum(entry.valid for entry in found.account.entries)
    print(f"{events} events: {took:.1f} s, CPU {cpu:.1f} s, {before // 1024} -> {most // 1024} MiB")
    for finding in found.findings:
        if finding.kind != "unbalanced":
            print(*finding)


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["make", "time", "drop"])
    parser.add_argument("name")
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--files", type=int, default=30_000)
    parser.add_argument("--hdfs", action="store_true")
    given = parser.parse_args()
    settings = settings_of(given.name, given.hdfs)
    with running(settings_of_tests()):
        if given.what == "make":
            maker = Maker(settings, max(1, given.events // given.files))
            asyncio.run(maker.make(given.events))
            print(f"{maker.files} files in {settings.hdfs.root}")
        elif given.what == "time":
            timed(settings)
        else:
            open_storage(settings.hdfs).delete(settings.hdfs.root)
            execute(settings, f"DROP DATABASE `{settings.mysql.database}`")
            asyncio.run(remove_topics(settings, given.name))


if __name__ == "__main__":
    main()
