"""The worker of a role: a Faust app of its own id, hence its own consumer group and offsets."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import faust
from aiokafka import AIOKafkaProducer
from faust.app.base import BootStrategy
from mode import Service

from elfaust.delivery.publisher import Publisher, make_producer
from elfaust.delivery.topics import TopicAdmin, unread_lanes
from elfaust.delivery.transport import BatchSchema, Transport
from elfaust.errors import ServerAway
from elfaust.names import TopicNames
from elfaust.quiet import OnceAMinute
from elfaust.settings import Settings
from elfaust.workers.options import faust_options
from elfaust.workers.readiness import Readiness

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute())

#: Longest wait for a worker that has drained and committed to leave its group.
LEAVE_SECONDS = 5.0


class _Servers(Service):  # type: ignore[misc]
    """Started once the servers that the app needs have answered."""

    def __init__(self, app: Worker) -> None:
        self._app = app
        super().__init__()

    async def on_start(self) -> None:
        await self._app.find_servers()


class _Boot(BootStrategy):  # type: ignore[misc]
    """Faust's order, but the web view answers while the servers are waited for."""

    def server(self) -> Any:
        """Return the services of a worker, in their order."""
        return self._chain(
            self.sensors(),
            self.web_server(),
            [_Servers(self.app)],
            self.kafka_producer(),
            self.kafka_consumer(),
            self.agents(),
            self.kafka_conductor(),
            self.tables(),
        )


class Worker(faust.App):  # type: ignore[misc]
    """A Faust app with batched topics, a publisher, and new topics followed as they appear."""

    BootStrategy = _Boot

    def __init__(self, role: str, settings: Settings, **options: Any) -> None:
        self.role = role
        self.settings = settings
        self.names = TopicNames(settings)
        self.admin = TopicAdmin(settings)
        self.draining = False
        self._drains: list[Callable[[], Awaitable[None]]] = []
        self._closes: list[Callable[[], Awaitable[None]]] = []
        self._batched: set[str] = {*self.names.raw, self.names.error}
        self._followed: list[tuple[Any, tuple[str, ...]]] = []
        self.readiness = Readiness()
        self.readiness.require_server(f"Kafka {settings.kafka.bootstrap}", self.admin.names)
        #: What tells which tables' and partitions' events wait by themselves.
        self.held: list[Callable[[], list[str]]] = [lambda: self._unread]
        self._unread: list[str] = []
        self._raw_producer: AIOKafkaProducer | None = None
        super().__init__(
            settings.kafka.app_id.format(role=role), **faust_options(role, settings) | options
        )
        self.topics._resubscribe_sleep_lock_seconds = settings.topics.discover_interval / 2
        self.on_partitions_assigned.connect(self.has_lanes, weak=False)
        self.on_before_shutdown.connect(self.drain, weak=False)
        self.run_beside(self._keep_following)

    def _crash(self, reason: BaseException) -> None:
        """End the process even where stopping hangs: nothing is lost that is not acknowledged."""
        if not self.crashed:
            _exit_after(self.settings.workers.drain_seconds, 1)
        super()._crash(reason)

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
        self._followed.append((topic, also))
        return topic

    async def follow(self) -> None:
        """Subscribe to topics of schema revisions that have appeared, and leave those deleted.

        One that is left and comes again is read from its beginning. Lanes that were not assigned
        for want of metadata are assigned again; those that are too many are told.
        """
        topics = await self.admin.lanes()
        names = sorted(name for name in topics if self.names.schema_of(name))
        subscribed = self.topics._topic_name_index
        gone = {topic for topic in subscribed if self.names.schema_of(topic)}.difference(names)
        for declared, also in self._followed:
            # The agent reads a clone of the topic that it was declared with.
            for topic in (declared, *(t for t in self.topics if t.schema is declared.schema)):
                topic.topics = [*also, *names]
        new = any(name not in subscribed for topic, _ in self._followed for name in topic.topics)
        if not (self.rebalancing or self.draining) and (
            new or gone or topics.keys() & self.assignor.left_out
        ):
            self.assignor.left_out = frozenset()
            self.topics._flag_changes()
        for topic in sorted(gone):
            log.error("%s was deleted: what was not read of it is lost", topic)
        ours = {topic: has for topic, has in topics.items() if topic in subscribed}
        self._unread = unread_lanes(self.settings, ours)
        for told in self._unread:
            log.error("%s", told)

    async def _keep_following(self) -> None:
        while not self.should_stop:
            await self.sleep(self.settings.topics.discover_interval)
            try:
                await self.follow()
            except ServerAway as away:
                log.warning("New topics are not followed: %s", away)

    def require_server(self, server: str, probe: Callable[[], object]) -> None:
        """Have the worker wait at its start until `probe`, run in a thread, raises no more."""

        async def ask() -> None:
            await asyncio.to_thread(probe)

        self.readiness.require_server(server, ask)

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
            await self.follow()

    async def publisher(self) -> Publisher:
        """Return the publisher, its producer started."""
        if self._raw_producer is None:
            self._raw_producer = make_producer(self.settings.kafka)
            await self._raw_producer.start()
        return Publisher(self.settings, self._raw_producer, self.admin)

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

    def on_drain(self, drain: Callable[[], Awaitable[None]]) -> None:
        """Have `drain` awaited when the worker stops, before its agents and the last commit."""
        self._drains.append(drain)

    def on_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have `close` awaited when the app stops, after its agents."""
        self._closes.append(close)

    async def has_lanes(self, *_: Any, **__: Any) -> None:
        """Note that there may be something to drain."""
        self.readiness.has_lanes = True

    async def drain(self, *_: Any, **__: Any) -> None:
        """Take no more batches; write, acknowledge and commit those that were taken."""
        if self.draining or self.crashed or not self.readiness.has_lanes:
            return
        self.draining = True
        self.consumer.pause_partitions(self.consumer.assignment())
        try:
            async with asyncio.timeout(self.settings.workers.drain_seconds):
                for drain in self._drains:
                    await drain()
        except TimeoutError:
            self.log.warning("Not drained in time; what is unacknowledged comes again.")
        await self.consumer.commit()
        # What is left is to leave the group, which hangs in Faust if lanes are moving.
        _exit_after(LEAVE_SECONDS, 0)

    async def on_stop(self) -> None:
        """Close what this app opened beside Faust."""
        await super().on_stop()
        for close in self._closes:
            await close()
        if self._raw_producer is not None:
            await self._raw_producer.stop()
        await self.admin.close()


def _exit_after(seconds: float, code: int) -> None:
    last = threading.Timer(seconds, os._exit, (code,))
    last.daemon = True
    last.start()
