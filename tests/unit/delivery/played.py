"""A worker's consumer whose Kafka is played: its thread's code runs in the test's own loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

from aiokafka.structs import OffsetAndMetadata, TopicPartition
from aiokafka.util import commit_structure_validate
from faust.types import TP

from elfaust.delivery.thread import ConsumerThread
from elfaust.delivery.transport import Consumer, Transport
from elfaust.records import Record
from elfaust.settings import Settings
from elfaust.testing import make_record
from elfaust.workers.worker import Worker

#: The topic of Faust's leader, in which nobody writes.
LEADER = "leader"


async def nothing(*_: object, **__: object) -> None: ...


def record(tp: TP, offset: int) -> Record:
    """Return a record as a worker's consumer fetches it."""
    return make_record(b"%d" % offset, offset, 10**12, topic=tp.topic, lane=tp.partition)


class Kafka:
    """aiokafka's consumer, as far as elfaust uses it, and the topics behind it.

    A lane has records at some `offsets`, and at most `poll` of them come with one fetch.
    """

    _closed = reassignment_in_progress = False
    _wait_consume_future = None
    knows_positions = True
    _max_poll_records = 500

    def __init__(self, offsets: Mapping[TP, Sequence[int]], poll: int = 500) -> None:
        self.offsets, self.poll, self.generation = dict(offsets), poll, 1
        self.start = dict.fromkeys(offsets, 0)
        self.position, self.paused = dict(self.start), set[TP]()
        self.committed: dict[TP, OffsetAndMetadata] = {}
        #: Lanes that were fetched, and what is awaited before a commit and an answer about lanes.
        self.fetches: list[frozenset[TP]] = []
        self.committing: Callable[[Mapping[TP, OffsetAndMetadata]], Awaitable[None]] = nothing
        self.asked: Callable[[], Awaitable[None]] = nothing
        self.error: Exception | None = None
        #: Offsets of records that come once they are waited for.
        self.coming: Sequence[int] = ()
        self._fetcher = self._coordinator = self._subscriptions = self
        assignment = SimpleNamespace(tps=self.offsets, state_value=self.state_of)
        self._subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=assignment))
        self.fetch_context = nullcontext

    def state_of(self, tp: TP) -> SimpleNamespace:
        known = self.knows_positions
        return SimpleNamespace(has_valid_position=known, position=self.position[tp])

    def check_errors(self) -> None:
        if self.error:
            raise self.error

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(TopicPartition(*tp) for tp in self.offsets)

    async def fetched_records(self, lanes: frozenset[TP], **_: Any) -> dict[TP, list[Any]]:
        self.fetches.append(lanes)
        fetched = {}
        for tp in sorted(set(lanes) - self.paused):
            new = [at for at in self.offsets[tp] if at >= self.position[tp]][: self.poll]
            if new:
                self.position[tp] = new[-1] + 1
                fetched[tp] = [record(tp, at) for at in new]
        return fetched

    def _create_fetch_waiter(self) -> asyncio.Future[None]:
        waiter = asyncio.get_running_loop().create_future()
        self.offsets = {tp: [*has, *self.coming] for tp, has in self.offsets.items()}
        waiter.set_result(None)
        return waiter

    def closed(self) -> None:
        self._closed = True

    def _notify(self, future: object) -> None: ...

    def pause(self, *lanes: TP) -> None:
        self.paused.update(lanes)

    def resume(self, *lanes: TP) -> None:
        self.paused.difference_update(lanes)

    def seek(self, tp: TP, offset: int) -> None:
        self.position[tp] = offset

    async def seek_to_beginning(self, *lanes: TP) -> None:
        self.position |= {tp: self.start[tp] for tp in lanes}

    async def beginning_offsets(self, lanes: Iterable[TP]) -> dict[TP, int]:
        await self.asked()
        return {tp: self.start[tp] for tp in lanes}

    async def fetch_committed_offsets(self, lanes: object) -> dict[TP, OffsetAndMetadata]:
        await self.asked()
        return dict(self.committed)

    async def commit(self, offsets: dict[TP, OffsetAndMetadata]) -> None:
        commit_structure_validate(offsets)
        await self.committing(offsets)
        self.committed |= offsets


class PlayedThread(ConsumerThread):
    """The consumer's thread, which is none: what is called in it is called at once."""

    def _ensure_consumer(self) -> Any:
        return self.consumer.kafka

    async def call_thread(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        await self.consumer.turns()
        answer = await call(*args, **kwargs)
        await self.consumer.turns()
        return answer

    async def getmany(self, active: set[TP], timeout: float) -> Any:
        fetched = await super().getmany(active, timeout)
        await self.consumer.meanwhile()
        return fetched


class PlayedWorker(Worker):
    """A worker that reads topics of any name."""

    def is_batched(self, topic: str) -> bool:
        return topic != LEADER


class Lanes(Consumer):
    """The consumer of a worker that is given all lanes of a played Kafka."""

    Thread = PlayedThread

    def __init__(self, kafka: Kafka, settings: Settings | None = None) -> None:
        self.kafka = kafka
        #: Awaited after each fetch, before what it brought is delivered.
        self.meanwhile: Callable[[], Awaitable[None]] = nothing
        worker = PlayedWorker("processor", settings or Settings())
        worker.topics.acks_enabled_for = lambda topic: True
        super().__init__(Transport(worker.conf.broker_consumer, worker), nothing, nothing, nothing)
        worker.consumer = self

    async def turns(self) -> None:
        """Let others go on, as happens while the thread is asked."""

    async def assigned(self) -> Lanes:
        """Be given the lanes in Kafka's generation, and go on from what is committed."""
        self.app.consumer_generation_id = self.kafka.generation
        await self.on_partitions_assigned({*self.kafka.offsets}, self.kafka.generation)
        await self.perform_seek()
        self.resume_flow()
        return self

    async def fetched(self) -> list[Any]:
        """Return the messages of one fetch."""
        return [message async for _, message in self.getmany(0.0)]

    def acknowledge(self, message: Any, note: str = "") -> None:
        """Acknowledge a message as Faust's event does."""
        message.note = note
        message.incref(1)
        message.ack(self)

    def committed_of(self, tp: TP) -> tuple[int, str] | None:
        """Return the offset and the note that Kafka has of a lane."""
        at = self.kafka.committed.get(tp)
        return at and (at.offset, at.metadata)


async def lanes_of(lanes: Collection[TP], offsets: Sequence[int], poll: int = 500) -> Lanes:
    """Return a consumer that was just given lanes with records at these offsets."""
    return await Lanes(Kafka(dict.fromkeys(lanes, offsets), poll)).assigned()
