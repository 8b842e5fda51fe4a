"""The worker of a role: a Faust app of its own id, hence its own consumer group and offsets."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import faust
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from elfaust.delivery.broker_errors import away, words
from elfaust.delivery.discovery import Discovery
from elfaust.delivery.publisher import Publisher, make_producer
from elfaust.delivery.topics import TopicAdmin
from elfaust.delivery.transport import BatchSchema, Transport
from elfaust.errors import ElfaustError, ServerTrouble
from elfaust.names import TopicNames
from elfaust.settings import Settings
from elfaust.workers import starts
from elfaust.workers.boot import BootOrder
from elfaust.workers.options import faust_options
from elfaust.workers.readiness import Readiness

log = logging.getLogger(__name__)

#: Longest wait for a worker that has drained and committed to leave its group.
LEAVE_SECONDS = 5.0
#: Seconds between two looks whether a worker that has nothing left to do may end.
LOOK_SECONDS = 0.1


class Worker(faust.App):  # type: ignore[misc]
    """A Faust app with batched topics, a publisher, and new topics followed as they appear.

    `options` are settings of Faust's own that differ from those of every worker.
    """

    BootStrategy = BootOrder

    def __init__(self, role: str, settings: Settings, **options: Any) -> None:
        self.role = role
        self.settings = settings
        self.names = TopicNames(settings)
        self.admin = TopicAdmin(settings)
        #: Whether the worker stops, and takes no more batches.
        self.draining = False
        self._before_joining: list[Callable[[], Awaitable[None]]] = []
        self._preparations: list[Callable[[frozenset[int]], Awaitable[None]]] = []
        self._on_drain: list[Callable[[], Awaitable[None]]] = []
        self._on_close: list[Callable[[], Awaitable[None]]] = []
        self._batched: set[str] = {*self.names.raw, self.names.error}
        self._batch_producer: AIOKafkaProducer | None = None
        self.readiness = Readiness()
        self.readiness.require_server(f"Kafka {settings.kafka.bootstrap}", self.admin.names)
        super().__init__(
            settings.kafka.app_id.format(role=role), **faust_options(role, settings) | options
        )
        self._discovery = Discovery(self, settings, self.admin)
        #: What says which tables' and partitions' events wait by themselves.
        self.held: list[Callable[[], list[str]]] = [lambda: self._discovery.unread]
        #: How many received datagrams are lost, by who has lost them.
        self.lost: Callable[[], Mapping[str, int]] = dict
        self.on_partitions_assigned.connect(self.has_lanes, weak=False)
        self.run_beside(self._discovery.run)

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> Transport:
        return Transport(self.conf.broker_producer, self)

    def is_batched(self, topic: str) -> bool:
        """Tell whether a topic is delivered batch by batch."""
        return topic in self._batched or self.names.schema_of(topic) is not None

    def batches(self, *topics: str, value_type: type[Any]) -> Any:
        """Return a topic whose stream gives `Batch`es of `value_type`."""
        schema = BatchSchema(value_type=value_type, value_serializer="raw")
        return self.topic(*topics, schema=schema, partitions=self.settings.topics.lanes)

    def events(self, value_type: type[Any], *also: str) -> Any:
        """Return a topic of all schema revisions, those to come included, and of `also`."""
        topic = self.batches(*also, value_type=value_type)
        self._discovery.add(topic, also)
        return topic

    async def publisher(self) -> Publisher:
        """Return the publisher, its producer started."""
        if self._batch_producer is None:
            self._batch_producer = make_producer(self.settings.kafka)
            await self._batch_producer.start()
        return Publisher(self.settings, self._batch_producer, self.admin)

    def require_server(self, server: str, probe: Callable[[], object]) -> None:
        """Have the worker wait at its start until `probe`, run in a thread, raises no more."""

        async def ask() -> None:
            await asyncio.to_thread(probe)

        self.readiness.require_server(server, ask)

    def run_beside(self, work: Callable[[], Awaitable[None]]) -> None:
        """Have `work` run beside the agents; the worker ends if it fails.

        Of a plain task that fails Faust only writes into the log.
        """

        async def kept() -> None:
            try:
                await work()
            except Exception as error:
                await self.crash(error)

        self.task(kept)

    def before_joining(self, begin: Callable[[], Awaitable[None]]) -> None:
        """Have `begin` awaited when the servers have answered, before the worker asks for lanes.

        Kafka may take the whole `kafka.session_timeout` of one that died to give them.
        """
        self._before_joining.append(begin)

    def before_lanes(self, prepare: Callable[[frozenset[int]], Awaitable[None]]) -> None:
        """Have `prepare` awaited, with the lanes of an assignment, before anything of them comes.

        It is cancelled when lanes move before it is done; the worker ends if it fails.
        """
        self._preparations.append(prepare)

    async def prepare(self, lanes: frozenset[int]) -> None:
        """Have the role prepare itself for its lanes."""
        for prepare in self._preparations:
            await prepare(lanes)

    def on_drain(self, drain: Callable[[], Awaitable[None]]) -> None:
        """Have `drain` awaited when the worker stops, before its agents and the last commit."""
        self._on_drain.append(drain)

    def on_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have `close` awaited when the worker stops, after its agents."""
        self._on_close.append(close)

    async def on_first_start(self) -> None:
        """Make the folder of the app's state."""
        Path(self.conf.datadir).mkdir(parents=True, exist_ok=True)
        await super().on_first_start()

    async def find_servers(self) -> None:
        """Wait for the servers and create the topics that every role needs."""
        await self.readiness.until_all_answer(self.sleep, lambda: self.should_stop)
        if not self.should_stop:
            await self.admin.ensure([*self.names.raw, self.names.error])
            await self.admin.ensure(self.tables.changelog_topics, compacted=True)
            await self._discovery.look()
            for begin in self._before_joining:
                await begin()

    async def has_lanes(self, *_: Any, **__: Any) -> None:
        """Note that there may be something to drain."""
        self.readiness.has_lanes = True

    async def drain(self, *_: Any, **__: Any) -> None:
        """Take no more batches; write, acknowledge and commit those that were taken.

        The process ends a little later, however its stop goes on: to leave the group is all that
        is left, and that hangs in Faust if lanes are moving.
        """
        if self.draining or self.crashed or not self.readiness.has_lanes:
            return
        self.draining = True
        self.consumer.pause_partitions(self.consumer.assignment())
        try:
            async with asyncio.timeout(self.settings.workers.drain_seconds):
                for drain in self._on_drain:
                    await drain()
        except TimeoutError:
            log.warning("Not drained in time; what is unacknowledged comes again.")
        await self.consumer.commit()
        _exit_after(LEAVE_SECONDS, 0)

    async def finish(self, note: Callable[[], object]) -> None:
        """End the process as SIGTERM does, as there is nothing left to do; `note` is called before.

        It waits for the worker's lanes: a worker that leaves while it gets some hangs in Faust.
        """
        while not self.readiness.has_lanes and not self.should_stop:
            await asyncio.sleep(LOOK_SECONDS)
        note()
        os.kill(os.getpid(), signal.SIGTERM)

    def _crash(self, reason: BaseException) -> None:
        """End the process even where stopping hangs: nothing is lost that is not acknowledged."""
        if isinstance(reason, KafkaError) and reason.retriable:
            # A time-out or a lost connection where nobody waits for Kafka.
            reason = away(self.settings.kafka, words(reason))
        if not self.crashed:
            if isinstance(reason, ServerTrouble):
                starts.note_away(self.settings, self.role, self.conf.web_port, str(reason))
            code = reason.exit_code if isinstance(reason, ElfaustError) else 1
            _exit_after(self.settings.workers.drain_seconds, code)
        super()._crash(reason)

    async def on_stop(self) -> None:
        """Close what this app opened beside Faust."""
        await super().on_stop()
        for close in self._on_close:
            await close()
        if self._batch_producer is not None:
            await self._batch_producer.stop()
        await self.admin.close()


def _exit_after(seconds: float, code: int) -> None:
    last = threading.Timer(seconds, os._exit, (code,))
    last.daemon = True
    last.start()
