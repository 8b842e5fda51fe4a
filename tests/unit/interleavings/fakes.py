"""Puts the fakes in place: workers run in a loop's own time, over the Kafka in memory."""

from __future__ import annotations

import asyncio
import math
import secrets
import time as real
from collections.abc import Iterator, Mapping
from itertools import count
from types import ModuleType
from typing import Any

import pytest
from mode.timers import Timer

from elfaust.counts import reader
from elfaust.counts.takings import Takings
from elfaust.delivery import publisher
from elfaust.delivery.patience import Patience
from elfaust.delivery.transport import Consumer, Transport
from elfaust.sinks import buffer, groups
from elfaust.workers import worker
from elfaust.workers.worker import Worker
from tests.unit.interleavings import others
from tests.unit.interleavings.process import (
    HERE,
    PlayedAdmin,
    PlayedBoot,
    PlayedProducer,
    PlayedThread,
)

#: When trials begin, Unix seconds.
BEGAN = 1_795_000_000.0
MONOTONIC = real.monotonic


def _exits(seconds: float, code: int) -> None:
    """Take the place of the timer that ends the process."""


def _crashes(self: Worker, reason: BaseException) -> None:
    if not self.crashed:
        HERE.get().ends(reason)
    super(Worker, self)._crash(reason)


def time() -> float:
    """Return the time of the loop that runs."""
    loop = asyncio._get_running_loop()
    return loop.time() if loop else MONOTONIC()


def date() -> float:
    """Return the time of day, Unix seconds, the same in each trial."""
    loop = asyncio._get_running_loop()
    return BEGAN + (loop.time() if loop else 0.0)


def _group(**given: Any) -> groups.Group:
    return groups.Group(**{"since": time(), **given})


def faking(patch: pytest.MonkeyPatch, modules: Mapping[str, ModuleType]) -> None:
    """Have workers run as processes of trials: in the loop's time, over the Kafka in memory."""
    # Also for what is imported in the midst of a trial.
    patch.setattr(real, "time", date)
    patch.setattr(real, "monotonic", time)
    patch.setattr(real, "perf_counter", time)
    patch.setattr(Takings.__init__, "__defaults__", (date,))
    for module in _timed(modules):
        patch.setattr(module, "monotonic", time)
    patch.setitem(Timer.__init__.__kwdefaults__, "clock", time)
    patch.setattr(buffer, "Group", _group)
    patch.setattr(Patience.__init__, "__defaults__", (time, math.inf))
    patch.setattr(Consumer, "Thread", PlayedThread)
    patch.setattr(Transport, "Producer", PlayedProducer)
    patch.setattr(publisher, "AIOKafkaProducer", others.Sender)
    patch.setattr(reader, "AIOKafkaConsumer", others.Following)
    patch.setattr(worker, "TopicAdmin", PlayedAdmin)
    writers = count(1)
    patch.setattr(secrets, "token_hex", lambda size: f"{next(writers):0{2 * size}x}")
    patch.setattr(worker, "_exit_after", _exits)
    patch.setattr(Worker, "_crash", _crashes)
    patch.setattr(Worker, "BootStrategy", PlayedBoot)


def _timed(modules: Mapping[str, ModuleType]) -> Iterator[ModuleType]:

    for name, module in list(modules.items()):
        room = name.partition(".")[0]
        if (
            room in {"elfaust", "faust", "mode", "aiokafka"}
            and getattr(module, "monotonic", None) is MONOTONIC
        ):
            yield module
