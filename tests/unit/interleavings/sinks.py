"""Trials of the sinks: a store that takes each event, and what is committed of them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from faust.types import TP

from elfaust.models.event import EventCapsule
from elfaust.settings import Settings
from elfaust.sinks.base import Limits
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.groups import Buffered
from elfaust.workers.attach import attach
from elfaust.workers.worker import Worker
from tests.unit.interleavings.process import Process
from tests.unit.interleavings.trial import Trial


def settings_of(trial: Trial) -> Settings:
    """Return the settings of a trial's workers: fewer lanes, and all in quicker succession."""
    settings = Settings()
    return replace(
        settings,
        topics=replace(settings.topics, lanes=trial.lanes, discover_interval=1.0),
        kafka=replace(settings.kafka, commit_interval=0.3, session_timeout=6.0),
        workers=replace(settings.workers, state=str(trial.folder)),
        throughput=replace(settings.throughput, flush_seconds=0.3),
    )


class Storing:
    """Stores batches, and checks that they are in turn and of lanes that are the process's."""

    def __init__(self, trial: SinkTrial, process: Process) -> None:
        self._trial, self._process, self._name = trial, process, process.name
        rows = trial.random.choice((1, 6, 20))
        self.limits = Limits(Bounds(rows, 10**6), 0.3, Bounds(rows * 3, 10**6))

    def group_of(self, topic: str, lane: int) -> Hashable:
        if self._trial.groups == "apart":
            # Batches of a lane are not acknowledged in their order then.
            return topic, lane, self._trial.random.randrange(3)
        return topic if self._trial.groups == "topics" else (topic, lane)

    async def write(self, batches: Sequence[Buffered]) -> None:
        trial, faults = self._trial, self._process.faults
        for batch in batches:
            self._check(TP(batch.topic, batch.lane), [one.offset for one in batch.records])
        await faults.of_write(batches[0].topic)
        for batch in batches:
            offsets = {record.offset for record in batch.records}
            trial.written[TP(batch.topic, batch.lane)] |= offsets
        await asyncio.sleep(0)

    def _check(self, tp: TP, offsets: list[int]) -> None:
        """Note a batch before which something is missing, or whose lane is not ours."""
        given = self._process.client.given if self._process.client else {}
        if tp not in given:
            self._trial.wrong.append(f"{self._name} writes {tp} {offsets}, which it does not have")
            return
        if self._trial.groups == "apart":
            return
        missing = [
            record.offset
            for record in self._trial.broker.log(tp).after(given[tp], 10**6)
            if record.offset < offsets[0]
        ]
        if missing:
            self._trial.wrong.append(f"{self._name} writes {tp} {offsets} before {missing}")
        given[tp] = max(given[tp], offsets[-1] + 1)

    def on_revoked(self) -> None: ...


class SinkTrial(Trial):
    """Workers of a sink."""

    def prepare(self) -> None:
        self.written: defaultdict[TP, set[int]] = defaultdict(set)
        self.groups = self.random.choice(("topics", "lanes", "apart"))
        self.gaps = self.random.choice((0.0, 0.1, 0.6))
        self.settings = settings_of(self)
        for _ in range(self.random.randint(1, 2)):
            self.new_topic()
            self.produce()

    def make(self, process: Process) -> Worker:
        worker = Worker("mysql", self.settings)
        attach(worker, worker.events(EventCapsule), Storing(self, process))
        return worker

    def produce(self) -> None:
        for _ in range(self.random.randint(1, 8)):
            tp = TP(self.random.choice(self.topics), self.random.randrange(self.lanes))
            self.broker.append(tp, None, b"{}")
            if self.random.random() < self.gaps:
                self.broker.skip(tp)

    def faults(self) -> Mapping[str, Callable[[], Any]]:
        def away() -> None:
            self.sick.away_until = self.loop.now + self.random.random() * 20

        return {
            "away": away,
            "break": lambda: self.sick.broken.add(self.random.choice(self.topics)),
            "mend": self.sick.broken.clear,
        }

    def check_commit(self, offsets: Mapping[TP, Any]) -> None:
        for tp, at in offsets.items():
            before = {r.offset for r in self.broker.log(tp).records if r.offset < at.offset}
            if missing := before - self.written[tp]:
                self.wrong.append(f"{tp} is committed to {at.offset} without {sorted(missing)}")

    def lacks(self) -> str:
        return self.uncommitted(self.topics)
