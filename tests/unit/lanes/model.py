"""A worker's lanes: its consumer, its thread's code and its buffer; Kafka and Faust are played.

All that waits waits for a number of turns that a seed decides.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from types import SimpleNamespace
from typing import Any

from aiokafka.structs import OffsetAndMetadata
from aiokafka.util import commit_structure_validate
from faust import Monitor
from faust.types import TP

from elfaust.delivery.thread import ConsumerThread
from elfaust.delivery.transport import BatchSchema, Consumer, _NoOffsets
from elfaust.errors import ServerAway, TableChanged
from elfaust.settings import Settings
from elfaust.sinks.base import Limits
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.buffer import Buffer
from elfaust.sinks.groups import Buffered
from elfaust.workers.attach import buffered, pauser
from tests.stand_in import stand_in

#: Batches that Faust's queue takes, and at how many it stops and starts a lane.
QUEUE, HIGH, LOW = 8, 6, 3
POLL = 5


def record(tp: TP, offset: int) -> SimpleNamespace:
    """Return a record as aiokafka fetches it."""
    return SimpleNamespace(
        **{"topic": tp.topic, "partition": tp.partition, "offset": offset, "key": None},
        **{"value": b"%d" % offset, "headers": [], "timestamp": 1_000, "timestamp_type": 0},
        **{"checksum": None, "serialized_key_size": 0, "serialized_value_size": 2},
    )


class Kafka:
    """aiokafka's consumer, as far as the thread uses it, and the topics behind it."""

    _closed = reassignment_in_progress = False
    _wait_consume_future = None

    def __init__(self, ends: dict[TP, int]) -> None:
        self.ends, self.generation = ends, 1
        self.position, self.paused = dict.fromkeys(ends, 0), set[TP]()
        self.committed: dict[TP, OffsetAndMetadata] = {}
        self._fetcher = self._coordinator = self._subscriptions = self
        state = lambda tp: SimpleNamespace(has_valid_position=True, position=self.position[tp])  # noqa: E731
        self._subscription = SimpleNamespace(
            pause=self.paused.add,
            resume=self.paused.discard,
            subscription=SimpleNamespace(assignment=SimpleNamespace(tps=ends, state_value=state)),
        )
        self.fetch_context = nullcontext

    def check_errors(self) -> None: ...

    def _notify(self, future: object) -> None: ...

    def assignment(self) -> frozenset[TP]:
        return frozenset(self.ends)

    async def fetched_records(self, lanes: Iterable[TP], **_: Any) -> dict[TP, list[Any]]:
        fetched = {}
        for tp in sorted(set(lanes) - self.paused):
            offset = self.position[tp]
            self.position[tp] = min(offset + POLL, self.ends[tp])
            if self.position[tp] > offset:
                fetched[tp] = [record(tp, at) for at in range(offset, self.position[tp])]
        return fetched

    def seek_to(self, tp: TP, offset: int) -> None:
        self.position[tp] = offset

    async def seek_to_beginning(self, *lanes: TP) -> None:
        self.position |= dict.fromkeys(lanes, 0)

    async def fetch_committed_offsets(self, lanes: object) -> dict[TP, OffsetAndMetadata]:
        return dict(self.committed)

    async def commit(self, offsets: dict[TP, OffsetAndMetadata]) -> None:
        self.committed |= commit_structure_validate(offsets)


class Lanes(Consumer):
    """The consumer of the lanes, and the worker around it."""

    should_stop = in_transaction = False

    def __init__(
        self, seed: int, ends: dict[TP, int], group_of: Callable[[str, int], Hashable]
    ) -> None:
        self.random, self.kafka = random.Random(seed), Kafka(ends)
        self.app = stand_in(
            is_batched=lambda topic: True,
            settings=Settings(),
            consumer_generation_id=1,
            consumer=self,
            client_only=False,
            in_recovery=False,
            producer=SimpleNamespace(flush=self.turns),
            tables=SimpleNamespace(on_commit=lambda offsets: None),
            topics=SimpleNamespace(acks_enabled_for=lambda topic: True),
            monitor=Monitor(),
        )
        self.log: Any = SimpleNamespace(dev=lambda *_: None, info=lambda *_: None)
        self._in_flight, self._from = defaultdict(deque), {}
        self._next, self._held, self._released, self._sought = {}, set(), {}, 0
        self._committing, self._waiting_for_ack = asyncio.Lock(), None
        self._acked: Any = defaultdict(list)
        self._acked_index: Any = defaultdict(set)
        self._committed_offset: Any = defaultdict(lambda: None)
        self._read_offset, self._unacked_messages, self._n_acked = _NoOffsets(), set[Any](), 0
        self._active_partitions, self._paused_partitions = set(ends), set[TP]()
        self._buffered_partitions: set[TP] = set()
        self.can_resume_flow, self.suspend_flow = asyncio.Event(), asyncio.Event()
        self._thread: Any = ConsumerThread.__new__(ConsumerThread)
        self._thread.consumer, self._thread.app = self, self.app
        self._thread._consumer, self._thread.call_thread = self.kafka, self._call_thread
        self._thread.getmany = self._fetches
        self.queue: asyncio.Queue[Any] = asyncio.Queue(QUEUE)
        self.broken, self.away = set[Hashable](), False
        #: What was written, in order, and the most rows that waited of each topic.
        self.written: dict[TP, list[int]] = {tp: [] for tp in ends}
        self.most: defaultdict[str, int] = defaultdict(int)
        self.group_of = group_of
        self.limits = Limits(Bounds(10, 10_000), 0.0, Bounds(40, 40_000))
        self.buffer = Buffer(self, lambda: self.app.consumer_generation_id, pauser(self.app))

    async def turns(self) -> None:
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 5))):
            await asyncio.sleep(0)

    async def _call_thread(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        await self.turns()
        answer = await call(*args, **kwargs)
        await self.turns()
        return answer

    async def _fetches(self, active: set[TP], timeout: float) -> Any:
        return await self._call_thread(self._thread._fetch_records, self.kafka, active, 0.0, 500)

    async def wait(self, event: Any, **_: Any) -> Any:
        await event.wait()

    async def commit(self, *_: Any, **__: Any) -> bool:
        async with self._committing:
            offsets = self._filter_committable_offsets(list(self._acked))
            committed = bool(offsets) and await self._commit_offsets(offsets)
        for tp, at in self.kafka.committed.items():
            assert set(range(at.offset)) <= set(self.written[tp]), "committed and not written"
        return committed

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
        self.stop_flow()
        await self.commit()
        await self.buffer.forget()
        self._acked.clear()
        self._acked_index.clear()
        await self.turns()
        self.kafka.generation += 1
        self.kafka.paused.clear()
        await self.turns()
        self.app.consumer_generation_id = self.kafka.generation
        self._forget_deliveries()
        self._paused_partitions.clear()
        self._set_active_tps(set(self.kafka.ends))
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
                for tp in set(self._buffered_partitions):
                    self.on_buffer_drop(tp)
            await self.turns()
            # Faust's stream drops what is of another generation.
            if event.message.generation_id == self.app.consumer_generation_id:
                await self.buffer.add(buffered(event))
            self.count()

    async def keep(self) -> None:
        """Play the timers: flush by age, tries of what is held, commits."""
        while True:
            await self.turns()
            await self.buffer.flush_old()
            await self.buffer.try_held()
            await self.commit()
            await asyncio.sleep(0)

    def count(self) -> None:
        """Count the rows in memory that are not dropped."""
        rows: defaultdict[str, int] = defaultdict(int)
        for batch in self.buffer.waiting:
            rows[batch.topic] += len(batch.records) * (not batch.dropped())
        for topic, count in rows.items():
            self.most[topic] = max(self.most[topic], count)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
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
        lanes = [tp for tp in self.kafka.ends if not topics or tp.topic in topics]
        for _ in range(20_000):
            at = self.kafka.committed
            if all(tp in at and at[tp].offset == self.kafka.ends[tp] for tp in lanes):
                return
            await asyncio.sleep(0)
        raise AssertionError(f"{self.kafka.committed} of {self.kafka.ends}; held {self._held}")
