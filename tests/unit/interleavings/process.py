"""A worker's process: real Worker, Faust app and elfaust code over the Kafka in memory.

Only what talks to Kafka is faked: aiokafka's consumer (the code of the thread that calls it is
real, but runs in the trial's loop) and producer, and the topic admin.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextvars import Context, ContextVar, copy_context
from itertools import chain
from typing import TYPE_CHECKING, Any

from faust.app.base import BootStrategy
from mode import Service

from elfaust.delivery.thread import ConsumerThread
from elfaust.delivery.transport import Consumer, Producer
from elfaust.settings import Settings
from elfaust.workers import boot
from elfaust.workers.worker import Worker
from tests.unit.interleavings.broker import Broker
from tests.unit.interleavings.client import Client
from tests.unit.interleavings.faults import Faults
from tests.unit.interleavings.group import Group
from tests.unit.interleavings.loop import PROCESS, SeededLoop, thread_of

if TYPE_CHECKING:
    pass


class Process:
    """One process of a role: started, frozen, killed and started anew, as a supervisor does it."""

    def __init__(
        self, broker: Broker, group: Group, faults: Faults, make: Callable[[Process], Worker]
    ) -> None:
        self.broker, self.group, self.faults = broker, group, faults
        self._make = make
        self.name, self._starts = "", 0
        self.loop: SeededLoop = broker.loop
        self.worker: Worker | None = None
        self.client: Client | None = None
        self.runs = False
        #: What ended its workers.
        self.reasons: list[BaseException] = []

    def start(self, name: str) -> None:
        """Start a worker."""
        self._starts += 1
        self.name = f"{name}.{self._starts}"
        self.client = None
        self.runs = True
        self._context = Context()
        self._context.run(PROCESS.set, self.name)
        self._context.run(HERE.set, self)
        self.spawn(self._main())

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Have something done in the process."""
        self.loop.create_task(work, context=self._context)

    async def _main(self) -> None:
        try:
            self.worker = self._make(self)
            await self.worker.start()
        except Exception as error:
            self.ends(error)

    def ends(self, reason: BaseException | None) -> None:
        """Note that the worker ends, and why if it is not asked to; its process does soon."""
        if reason is not None:
            self.reasons.append(reason)
        name, seconds = self.name, self.broker.random.random() * 2
        self.loop.outside(self._kill_later(name, seconds))

    async def _kill_later(self, name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self.name == name and self.runs:
            self.kill()

    def kill(self) -> None:
        """End the process where it is; the group hears of that after a while."""
        self.runs = False
        self.loop.kill(self.name)
        self.loop.outside(self._leave(self.name))

    async def _leave(self, name: str) -> None:
        await self.faults.wait(8.0)
        self.group.leave(name)


#: The process that code runs in.
HERE: ContextVar[Process] = ContextVar("here")


class PlayedThread(ConsumerThread):
    """The consumer's thread without a thread: its code runs in the trial's loop."""

    def __init__(self, consumer: Consumer, **options: Any) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(consumer, **{**options, "loop": loop}, thread_loop=loop)

    async def maybe_start(self) -> bool:
        await self.start()
        return True

    async def start(self) -> None:
        here = HERE.get()
        self._thread_started.set()
        self._consumer = here.client = Client(here.name, here.broker, here.group, here.faults)
        context = copy_context()
        context.run(PROCESS.set, thread_of(here.name))
        for part in (self.method_queue, self._consumer):
            await self.thread_loop.create_task(part.start(), context=context)

    async def stop(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    async def crash(self, reason: BaseException) -> None:
        await Service.crash(self, reason)


class PlayedProducer(Producer):
    """Faust's producer, by which elfaust sends nothing."""

    async def on_start(self) -> None: ...

    async def on_stop(self) -> None: ...

    async def flush(self) -> None: ...

    async def create_topic(self, topic: str, *_: Any, **__: Any) -> None:
        HERE.get().broker.create(topic)


class PlayedAdmin:
    """The topic admin."""

    def __init__(self, settings: Settings) -> None:
        self._broker = HERE.get().broker

    async def close(self) -> None: ...

    async def names(self) -> set[str]:
        names: set[str] = await self._broker.ask(lambda: {*self._broker.topics})
        return names

    async def lanes(self, names: Iterable[str] | None = None) -> dict[str, int]:
        lanes: dict[str, int] = await self._broker.ask(
            lambda: {name: len(logs) for name, logs in self._broker.topics.items()}
        )
        return lanes

    async def ensure(self, names: Iterable[str], compacted: bool = False) -> None:
        await self.create(names, compacted)

    async def create(self, names: Iterable[str], compacted: bool = False) -> dict[str, str]:
        def make() -> None:
            for name in sorted(names):
                self._broker.create(name)

        await self._broker.ask(make)
        return {}

    def forget(self, names: Iterable[str]) -> None: ...

    def limit(self, topic: str) -> int:
        return 100_000


class PlayedBoot(BootStrategy):  # type: ignore[misc]
    """The order of a worker's start, without its web server and Faust's producer."""

    def server(self) -> Iterable[Service]:
        return chain(
            [boot.Beforehand(self.app.find_servers)],
            self.kafka_consumer(),
            self.agents(),
            self.kafka_conductor(),
            self.tables(),
        )
