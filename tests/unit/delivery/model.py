"""A worker's lanes: its consumer, its thread's code and its buffer; Kafka and Faust are played.

All that waits waits for a number of turns that a seed decides.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

from aiokafka.structs import OffsetAndMetadata
from faust.types import TP

from elfaust.delivery.transport import BatchSchema
from elfaust.errors import ServerAway, TableChanged
from elfaust.sinks.base import Limits
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.buffer import Buffer
from elfaust.sinks.groups import Buffered
from elfaust.workers.attach import buffered, pauser
from tests.unit.delivery.played import Kafka, Lanes

#: Batches that Faust's queue takes, and at how many it stops and starts a lane.
QUEUE, HIGH, LOW = 8, 6, 3
POLL = 5


class Flow(Lanes):
    """The lanes with a sink's buffer behind them, and the worker around both."""

    def __init__(
        self, seed: int, ends: Mapping[TP, int], group_of: Callable[[str, int], Hashable]
    ) -> None:
        self.random = random.Random(seed)
        super().__init__(Kafka({tp: range(end) for tp, end in ends.items()}, POLL))
        self.ends = ends
        self.kafka.committing = self.check_written
        self.queue: asyncio.Queue[Any] = asyncio.Queue(QUEUE)
        self.broken, self.away = set[Hashable](), False
        #: What was written, in order, and the most rows that waited of each topic.
        self.written: dict[TP, list[int]] = {tp: [] for tp in ends}
        self.most: defaultdict[str, int] = defaultdict(int)
        self.waiting: list[Any] = []
        self.group_of = group_of
        self.limits = Limits(Bounds(10, 10_000), 0.0, Bounds(40, 40_000))
        self.buffer = Buffer(self, pauser(self.app))

    async def turns(self) -> None:
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 5))):
            await asyncio.sleep(0)

    async def check_written(self, offsets: Mapping[TP, OffsetAndMetadata]) -> None:
        for tp, at in offsets.items():
            assert set(range(at.offset)) <= set(self.written[tp]), "committed and not written"

    async def write(self, batches: Sequence[Buffered]) -> None:
        key = self.group_of(batches[0].topic, batches[0].lane)
        await self.turns()
        if self.away:
            raise ServerAway("MySQL", "gone")
        if key in self.broken:
            raise TableChanged(str(key), "Unknown column")
        for batch in batches:
            offsets = [record.offset for record in batch.records]
            self.written[TP(batch.topic, batch.lane)] += offsets
        await self.turns()

    def on_revoked(self) -> None: ...

    async def move(self) -> None:
        """Have the lanes move and come back, as Faust and aiokafka go about it."""
        await self.on_partitions_revoked({*self.ends})
        await self.buffer.forget()
        await self.turns()
        self.kafka.generation += 1
        self.kafka.paused.clear()
        await self.turns()
        self.app.consumer_generation_id = self.kafka.generation
        await self.on_partitions_assigned({*self.ends}, self.kafka.generation)
        await self.perform_seek()
        while not self.queue.empty():
            self.queue.get_nowait()
        self.resume_flow()

    async def deliver(self) -> None:
        """Play Faust's fetcher and conductor."""
        while True:
            async for tp, message in self.getmany(0.0):
                message.incref(1)
                value = BatchSchema(value_type=None, value_serializer="raw").loads_value(
                    None, message
                )
                ack = lambda message=message: message.ack(self)  # noqa: E731
                event = SimpleNamespace(message=message, value=value, ack=ack)
                if self.queue.qsize() >= HIGH:
                    self.on_buffer_full(tp)
                put = asyncio.ensure_future(self.queue.put(event))
                suspended = asyncio.ensure_future(self.suspend_flow.wait())
                await asyncio.wait({put, suspended}, return_when=asyncio.FIRST_COMPLETED)
                put.cancel()
                suspended.cancel()
            await asyncio.sleep(0)

    async def take(self) -> None:
        """Play the agent."""
        while True:
            event = await self.queue.get()
            if self.queue.qsize() <= LOW:
                for tp in set(self.backed_up):
                    self.on_buffer_drop(tp)
            await self.turns()
            if not event.message.dropped:
                self.count(event)
            await self.buffer.add(buffered(event))

    async def keep(self) -> None:
        """Play the timers: flush by age, tries of what is held, commits."""
        while True:
            await self.turns()
            await self.buffer.flush_old()
            await self.buffer.try_held()
            await self.commit()
            await asyncio.sleep(0)

    def count(self, event: Any) -> None:
        """Count the rows in memory: those that are neither written nor dropped."""
        self.waiting = [
            one for one in self.waiting if not (one.message.acked or one.message.dropped)
        ]
        self.waiting.append(event)
        rows: defaultdict[str, int] = defaultdict(int)
        for one in self.waiting:
            rows[one.message.topic] += len(one.value.records)
        for topic, count in rows.items():
            self.most[topic] = max(self.most[topic], count)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        await self.assigned()
        tasks = [asyncio.ensure_future(run()) for run in (self.deliver, self.take, self.keep)]
        try:
            yield
            for task in tasks:
                assert not task.done(), task.exception()
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def until_committed(self, *topics: str) -> None:
        """Wait until all of these topics, or of all, is committed."""
        lanes = [tp for tp in self.ends if not topics or tp.topic in topics]
        for _ in range(20_000):
            at = self.kafka.committed
            if all(tp in at and at[tp].offset == self.ends[tp] for tp in lanes):
                return
            await asyncio.sleep(0)
        raise AssertionError(f"{self.kafka.committed} of {self.ends}; {self.buffer.held}")
