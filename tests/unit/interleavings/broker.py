"""A Kafka in memory: topics whose lanes are logs, some of them compacted, and one consumer group.

Requests and answers take time, drawn by the trial's seed. A request that has left its process
arrives, whatever becomes of the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from faust.types import TP

from tests.unit.interleavings.loop import SeededLoop

#: The time of the first record, ms.
FIRST_MS = 1_700_000_000_000
#: Longest way of what is delayed, seconds.
DELAY_SECONDS = 5.0


class Stored(NamedTuple):
    """A record as aiokafka hands it out."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp_type: int = 0
    checksum: int | None = None
    serialized_key_size: int = 0
    serialized_value_size: int = 0


@dataclass
class Log:
    """A lane's records in the order of their offsets, which may have gaps."""

    records: list[Stored] = field(default_factory=list)
    end: int = 0

    def after(self, offset: int, most: int) -> list[Stored]:
        """Return the records from an offset on."""
        at = next((i for i, one in enumerate(self.records) if one.offset >= offset), None)
        return [] if at is None else self.records[at : at + most]


class Broker:
    """The topics, and how long a request takes."""

    def __init__(self, loop: SeededLoop, lanes: int) -> None:
        self.loop, self.random, self.lanes = loop, loop.random, lanes
        self.topics: dict[str, list[Log]] = {}
        #: Longest way of a request, and of its answer, seconds.
        self.slowness = self.random.choice((0.0, 0.002, 0.05))
        #: How many of the ways take far longer, until all is healed.
        self.delayed = self.random.choice((0.0, 0.05, 0.2))
        #: Called with each record as it is stored.
        self.on_stored: Callable[[Stored], None] = lambda record: None

    def create(self, topic: str) -> None:
        """Make a topic unless it is there."""
        self.topics.setdefault(topic, [Log() for _ in range(self.lanes)])

    def log(self, tp: TP) -> Log:
        """Return a lane's log."""
        log: Log = self.topics[tp.topic][tp.partition]
        return log

    def append(
        self,
        tp: TP,
        key: bytes | None,
        value: bytes | None,
        headers: Iterable[tuple[str, bytes]] = (),
        timestamp: int = 0,
    ) -> Stored:
        """Store a record; return it."""
        log = self.log(tp)
        at = timestamp or FIRST_MS + log.end
        record = Stored(tp.topic, tp.partition, log.end, at, key, value, tuple(headers))
        log.records.append(record)
        log.end += 1
        self.on_stored(record)
        return record

    def skip(self, tp: TP) -> None:
        """Let an offset have no record, as a transaction's mark has none."""
        self.log(tp).end += 1

    def compact(self, topic: str) -> None:
        """Keep the last record of each key, and no deletion that is not the lane's last record."""
        for log in self.topics.get(topic, ()):
            last = {record.key: record.offset for record in log.records}
            log.records = [
                record
                for record in log.records
                if last[record.key] == record.offset
                and (record.value is not None or record.offset == log.end - 1)
            ]

    async def way(self) -> None:
        """Wait as long as something takes to come from a process to Kafka, or back."""
        if self.random.random() < self.delayed:
            await asyncio.sleep(self.random.random() * DELAY_SECONDS)
        if not self.slowness:
            await asyncio.sleep(0)
            return
        await asyncio.sleep(self.random.random() ** 3 * self.slowness)

    async def ask(self, act: Callable[[], Any]) -> Any:
        """Have something done where Kafka is; return the answer.

        It is done, whatever becomes of who asks, once it has left.
        """

        async def request() -> Any:
            await self.way()
            answer = act()
            if asyncio.iscoroutine(answer):
                answer = await answer
            await self.way()
            return answer

        return await asyncio.shield(self.loop.outside(request()))
