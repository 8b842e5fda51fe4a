"""aiokafka's producer, and its consumer without a group, over the Kafka in memory."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.record.memory_records import MemoryRecords
from faust.types import TP

from tests.unit.interleavings.broker import Stored
from tests.unit.interleavings.process import HERE


class Acknowledged(NamedTuple):
    """What a broker answers to a batch."""

    offset: int


class Sender:
    """An idempotent producer: what it sends to a lane arrives in its order, whoever lives then."""

    def __init__(self, **_: Any) -> None:
        here = HERE.get()
        self._broker, self._faults = here.broker, here.faults
        self._order: defaultdict[TP, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def start(self) -> None:
        await self._broker.way()

    async def stop(self) -> None: ...

    async def partitions_for(self, topic: str) -> set[int]:
        return set(range(self._broker.lanes))

    async def send_batch(
        self, builder: Any, topic: str, partition: int
    ) -> asyncio.Future[Acknowledged]:
        packed = MemoryRecords(bytes(builder._build()))
        batch, tp = packed.next_batch(), TP(topic, partition)
        records = [(one.key, one.value, one.headers, one.timestamp) for one in batch or ()]
        before, after = self._faults.of_send()

        async def store() -> Acknowledged:
            async with self._order[tp]:
                await before()
                stored = [self._broker.append(tp, *record) for record in records]
            await after()
            return Acknowledged(stored[0].offset)

        return asyncio.ensure_future(self._broker.ask(store))


class Following:
    """A consumer that is in no group."""

    def __init__(self, **_: Any) -> None:
        self._broker, self._client = HERE.get().broker, self
        self._positions: dict[TopicPartition, int] = {}

    async def start(self) -> None:
        await self._broker.way()

    async def stop(self) -> None: ...

    async def fetch_all_metadata(self) -> Any:
        topics: set[str] = await self._broker.ask(lambda: {*self._broker.topics})
        return SimpleNamespace(
            topics=lambda: topics, partitions_for_topic=lambda topic: set(range(self._broker.lanes))
        )

    async def end_offsets(self, lanes: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        ends: Mapping[TopicPartition, int] = await self._broker.ask(
            lambda: {tp: self._broker.log(TP(*tp)).end for tp in lanes}
        )
        return ends

    def assign(self, lanes: Iterable[TopicPartition]) -> None:
        self._positions = dict.fromkeys(lanes, 0)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self._positions[tp] = offset

    async def getmany(
        self, timeout_ms: int, max_records: int
    ) -> Mapping[TopicPartition, list[Stored]]:
        most = self._broker.random.choice((1, 7, max_records))
        fetched, ends = await self._broker.ask(lambda: self._fetch(most))
        if not fetched:
            await asyncio.sleep(self._broker.random.random() * timeout_ms / 1000)
        self._positions |= {
            tp: records[-1].offset + 1 if len(records := fetched.get(tp, [])) == most else ends[tp]
            for tp in self._positions
        }
        return {tp: records for tp, records in fetched.items() if records}

    def _fetch(
        self, most: int
    ) -> tuple[dict[TopicPartition, list[Stored]], dict[TopicPartition, int]]:
        logs = {tp: self._broker.log(TP(*tp)) for tp in self._positions}
        fetched = {tp: log.after(self._positions[tp], most) for tp, log in logs.items()}
        return (
            {tp: records for tp, records in fetched.items() if records},
            {tp: log.end for tp, log in logs.items()},
        )

    async def position(self, tp: TopicPartition) -> int:
        return self._positions[tp]

    def highwater(self, tp: TopicPartition) -> int:
        return self._broker.log(TP(*tp)).end

    def last_poll_timestamp(self, tp: TopicPartition) -> int:
        return 0
