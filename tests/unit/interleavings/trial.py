"""One trial: two workers of a role, a Kafka in memory, and faults that a seed draws."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError
from faust.types import TP

from elfaust.errors import ElfaustError
from elfaust.workers.worker import Worker
from tests.unit.interleavings.broker import Broker
from tests.unit.interleavings.faults import Faults
from tests.unit.interleavings.group import Group
from tests.unit.interleavings.loop import NothingHappens, SeededLoop, thread_of
from tests.unit.interleavings.process import Process

#: Seconds of the trial's time within which all is to be done once nothing goes wrong any more.
PATIENCE = 200.0
SESSION_SECONDS = 20.0


class Trial:
    """What all roles' trials share; a role says what is produced and what is right."""

    lanes = 3

    def __init__(self, seed: int, folder: Path) -> None:
        self.seed, self.folder = seed, folder
        self.now_ms = int(time.time() * 1000)
        self.loop = SeededLoop(seed)
        self.random = self.loop.random
        self.wrong: list[str] = []
        self.did: list[str] = []
        #: Topics of events.
        self.topics: list[str] = []

    def new_topic(self) -> None:
        """Make the topic of a schema more, up to four."""
        if len(self.topics) < 4:
            self.topics.append(f"eventlogging_T{len(self.topics)}_1")
            self.broker.create(self.topics[-1])

    # What a role says.

    def make(self, process: Process) -> Worker:
        raise NotImplementedError

    def produce(self) -> None:
        raise NotImplementedError

    def lacks(self) -> str:
        """Return what is not done yet, "" for nothing."""
        raise NotImplementedError

    def judge(self) -> None:
        """Add to `wrong` what is wrong now that all is done."""

    def uncommitted(self, topics: Iterable[str]) -> str:
        """Return what of these topics is not committed, "" for nothing."""
        lacking = {}
        for topic in topics:
            for lane, log in enumerate(self.broker.topics[topic]):
                at = self.group.committed.get(TP(topic, lane))
                last = log.records[-1].offset + 1 if log.records else 0
                if (at.offset if at else 0) < last:
                    lacking[f"{topic}/{lane}"] = (at and at.offset, last)
        return f"{lacking}" if lacking else ""

    def faults(self) -> Mapping[str, Callable[[], Any]]:
        """Return further faults of the role by their names."""
        return {}

    # What all share.

    def run(self) -> list[str]:
        """Run the trial; return what is wrong."""
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self._run())
        except NothingHappens:
            self.wrong.append(f"nothing happens any more: {self.lacks()}")
        finally:
            self.loop.end()
            asyncio.set_event_loop(None)
        return self.wrong

    async def _run(self) -> None:
        await self.act()
        await self._heal()

    async def act(self) -> None:
        """Do what is done before all is healed."""
        self.set_up(self.random.choice((1, 2, 2, 2)))
        for number, process in enumerate(self.processes):
            process.start(f"w{number}")
        self.loop.outside(self._keep_producing())
        for _ in range(self.random.randint(5, 25)):
            await self._do_something()

    def set_up(self, workers: int) -> None:
        """Make the Kafka and the workers' processes."""
        self.broker = Broker(self.loop, self.lanes)
        self.group = Group(self.broker)
        self.group.on_commit = self.check_commit
        self.sick = Faults(self.random)
        self.prepare()
        self.processes = [
            Process(self.broker, self.group, self.sick, self.make) for _ in range(workers)
        ]

    async def _keep_producing(self) -> None:
        seconds = self.random.choice((0.05, 0.3))
        while not self.sick.healed:
            self.produce()
            await asyncio.sleep(seconds)

    def prepare(self) -> None:
        """Make what the role expects."""

    def check_commit(self, offsets: Mapping[TP, Any]) -> None:
        """Note what is wrong with what is committed."""

    async def _do_something(self) -> None:
        pause = self.random.choice((0.0, 0.1, 0.5, 1.0, 3.0))
        if pause:
            await asyncio.sleep(pause * self.random.random())
        else:
            for _ in range(self.random.randint(0, 40)):
                await asyncio.sleep(0)
        steps: dict[str, Callable[[], Any]] = {
            "produce": self.produce,
            "topic": self.new_topic,
            "move": self.group.move,
            "move again": self.group.move,
            "evict": lambda: self.group.leave(self.random.choice(self.processes).name),
            "freeze": self._freeze,
            "block": lambda: self._block(lambda name: name),
            "block the thread": lambda: self._block(thread_of),
            "kill": self._kill,
            "drain": self._drain,
            **self.faults(),
        }
        name = self.random.choice(list(steps))
        self.did.append(f"{self.loop.now:.3f} {name}")
        steps[name]()

    def _freeze(self) -> None:
        process = self.random.choice(self.processes)
        if process.runs:
            self.loop.freeze(process.name)
            self.loop.freeze(thread_of(process.name))
            seconds = self.random.choice((0.1, 3.0, 30.0)) * self.random.random()
            self.loop.outside(self._thaw(process.name, seconds))

    def _block(self, part_of: Callable[[str], str]) -> None:
        """Let one of a process's threads compute, or wait for a disk, for a while."""
        process = self.random.choice(self.processes)
        if process.runs:
            part = part_of(process.name)
            self.loop.freeze(part)
            seconds = self.random.choice((0.01, 0.5, 3.0)) * self.random.random()
            self.loop.call_later(seconds, self.loop.thaw, part)

    async def _thaw(self, name: str, seconds: float) -> None:
        if seconds > SESSION_SECONDS / 2:
            await asyncio.sleep(SESSION_SECONDS / 2)
            self.group.leave(name)
            seconds -= SESSION_SECONDS / 2
        await self.sick.wait(seconds)
        self.loop.thaw(name)
        self.loop.thaw(thread_of(name))

    def _kill(self) -> None:
        process = self.random.choice(self.processes)
        if process.runs:
            process.kill()
            self.loop.outside(self._start_again(process, self.random.random() * 3))

    async def _start_again(self, process: Process, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if not process.runs:
            process.start(process.name.partition(".")[0])

    def _drain(self) -> None:
        """Stop a worker as SIGTERM does."""
        process = self.random.choice(self.processes)
        worker = process.worker
        if process.runs and worker is not None and process.client is not None:

            async def drain() -> None:
                await worker.drain()
                process.ends(None)

            process.spawn(drain())

    async def _heal(self) -> None:
        self.sick.heal()
        self.broker.delayed = 0.0
        began = self.loop.now
        while self.loop.now - began < PATIENCE and not self.wrong:
            for process in self.processes:
                self.loop.thaw(process.name)
                self.loop.thaw(thread_of(process.name))
                if not process.runs:
                    process.start(process.name.partition(".")[0])
            for name in {*self.group.members} - {process.name for process in self.processes}:
                # What a process had sent before it was killed made it a member again.
                self.group.leave(name)
            await asyncio.sleep(0.5)
            if not self.lacks():
                break
        else:
            self.wrong += [] if self.wrong else [f"not done: {self.lacks()}"]
        for process in self.processes:
            self.wrong += [
                f"a worker ended: {reason!r}"
                for reason in process.reasons
                if not isinstance(reason, ElfaustError | KafkaError)
            ]
        if not self.wrong:
            self.judge()
