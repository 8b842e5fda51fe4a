"""A Kafka in memory: what a forwarder publishes, and how publishing ends when it is killed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from elfaust.errors import TooLong, Unacknowledged
from elfaust.records import Outgoing
from elfaust.settings import Settings
from elfaust.sources.resumption import Found

#: How a worker ends that is killed as it publishes: Kafka had none, a part, or all of it.
ENDS = ("none", "part", "all", "late")


class Kafka:
    """Raw topic and publisher: lanes of records, and how publishing is to end."""

    def __init__(self, seed: int = 0) -> None:
        self.lanes: dict[int, list[Outgoing]] = {}
        self.limit = 2**40
        self.kills: list[str] = []
        self.late: list[Outgoing] = []
        self.chance = random.Random(seed)

    async def publish(self, records: Sequence[Outgoing]) -> dict[tuple[str, int], int]:
        long = {record: self.limit for record in records if len(record.value) > self.limit}
        if long:
            raise TooLong(long)
        kill = self.kills.pop(0) if self.kills else ""
        lanes = {record.lane for record in records}
        taken = {"none": set[int](), "late": set[int](), "part": set(self._some(lanes))}
        wanted = taken.get(kill, lanes)
        self.land([record for record in records if record.lane in wanted])
        if kill == "late":
            self.late = list(records)
        if kill:
            raise Unacknowledged("Kafka", "killed")
        return {(r.topic, r.lane): len(self.lanes[r.lane]) - 1 for r in records}

    def _some(self, lanes: set[int]) -> list[int]:
        return self.chance.sample(sorted(lanes), self.chance.randint(0, len(lanes)))

    def land(self, records: Sequence[Outgoing]) -> None:
        for record in records:
            self.lanes.setdefault(record.lane, []).append(record)

    async def find(self, settings: Settings, name: str, since: Mapping[int, int] | None) -> Found:
        positions = {
            record.source.position
            for lane, records in self.lanes.items()
            if since is not None
            for record in records[since.get(lane, 0) :]
            if record.source and record.source.name == name
        }
        ends = {lane: len(records) for lane, records in self.lanes.items()}
        # What was on the wire lands after its successor has looked.
        late, self.late = self.late, []
        self.land(late)
        return Found(positions, ends)

    @property
    def values(self) -> list[bytes]:
        """All that is in the topic."""
        return [record.value for records in self.lanes.values() for record in records]

    def read(self) -> list[bytes]:
        """What a reader takes that skips positions not above the highest of their source."""
        taken, highest = list[bytes](), dict[tuple[int, str], int]()
        for lane, records in self.lanes.items():
            for record in records:
                assert record.source is not None
                name, position = record.source
                if position > highest.get((lane, name), -1):
                    highest[lane, name] = position
                    taken.append(record.value)
        return taken


def of(source: str, lanes: int = 4, **forwarder: Any) -> Settings:
    base = Settings()
    return replace(
        base,
        topics=replace(base.topics, lanes=lanes),
        forwarder=replace(base.forwarder, source=source, **forwarder),
    )


async def arrived(kafka: Kafka, count: int) -> None:
    """Wait until so many lines are in Kafka."""
    while len(kafka.values) < count:
        await asyncio.sleep(0.001)
