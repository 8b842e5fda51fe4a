"""Trials of the throughput workers: what the changelog says at the end is what was sent."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from faust.types import TP

from elfaust.agents.throughput import register
from elfaust.names import changelog_topic
from elfaust.workers.worker import Worker
from tests.unit.interleavings.broker import Stored
from tests.unit.interleavings.process import Process
from tests.unit.interleavings.sinks import settings_of
from tests.unit.interleavings.trial import Trial

HOUR_MS = 3_600_000
#: What an entry counts: the lane, its topic, and the hour or "all".
Counted = tuple[int, str, str]


class CountsTrial(Trial):
    """Workers that count; the changelog may be compacted at any moment."""

    def prepare(self) -> None:
        self.settings = settings_of(self)
        self.changelog = changelog_topic(self.settings)
        self.broker.create(self.changelog)
        self.hours = self.random.randint(1, 3)
        #: The positions that were sent, and how many records of each count there are.
        self.sent: defaultdict[TP, list[tuple[int, int]]] = defaultdict(list)
        self.truth: defaultdict[Counted, int] = defaultdict(int)
        for _ in range(self.random.randint(1, 2)):
            self.new_topic()
            self.produce()

    def make(self, process: Process) -> Worker:
        worker = Worker("throughput", self.settings)
        register(worker)
        return worker

    def produce(self) -> None:
        for _ in range(self.random.randint(1, 8)):
            tp = TP(self.random.choice(self.topics), self.random.randrange(self.lanes))
            sent = self.sent[tp]
            if self.random.random() < 0.05:
                # A processor that was started again repeats what it had not committed.
                for position, timestamp in sent[-3:]:
                    self._send(tp, position, timestamp)
            timestamp = self.now_ms - self.random.randrange(self.hours) * HOUR_MS
            position = sent[-1][0] + self.random.choice((1, 1, 5)) if sent else 0
            sent.append((position, timestamp))
            for when in ("all", f"h{timestamp // HOUR_MS}"):
                self.truth[tp.partition, tp.topic, when] += 1
            self._send(tp, position, timestamp)

    def _send(self, tp: TP, position: int, timestamp: int) -> None:
        headers = [("source", b"raw:%d" % position)]
        self.broker.append(tp, None, b"{}", headers, timestamp)

    def faults(self) -> Mapping[str, Callable[[], Any]]:
        return {"compact": lambda: self.broker.compact(self.changelog)}

    def lacks(self) -> str:
        return self.uncommitted(self.topics)

    def judge(self) -> None:
        if self.random.random() < 0.5:
            self.broker.compact(self.changelog)
        found = read(log.records for log in self.broker.topics[self.changelog])
        for count in sorted({*self.truth, *found}):
            should, have = self.truth.get(count, 0), found.get(count, 0)
            if should != have:
                self.wrong.append(f"{count} is counted as {have} instead of {should}")
        for process in self.processes:
            takings = process.worker.tables["counts"].takings if process.worker else None
            if takings is not None and takings.missing:
                self.wrong.append(f"told as missing, and is not: {takings.missing}")


def read(lanes: Any) -> dict[Counted, int]:
    """Return the counts that a changelog's lanes hold: of an entry's values the largest."""
    last: dict[bytes | None, Stored] = {}
    for records in lanes:
        last |= {record.key: record for record in records}
    counts: dict[Counted, int] = {}
    for record in last.values():
        lane, topic, *_, when, _writer = (record.key or b"").decode().split("|")
        if record.value is not None and topic != "check":
            count = (int(lane), topic, when)
            counts[count] = max(counts.get(count, 0), json.loads(record.value)["count"])
    return counts
