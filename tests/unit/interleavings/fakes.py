"""Puts the fakes in place: workers run in a loop's own time, over the Kafka in memory."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest
from faust.channels import Channel
from mode.signals import BaseSignal

from elfaust.counts import reader
from elfaust.delivery import publisher
from elfaust.delivery.transport import Consumer, Transport
from elfaust.sinks import buffer, groups
from elfaust.workers import worker
from elfaust.workers.worker import Worker
from tests.unit.interleavings import others
from tests.unit.interleavings.clocks import faking_clocks, time
from tests.unit.interleavings.loop import SeededLoop, numbered
from tests.unit.interleavings.process import (
    HERE,
    PlayedAdmin,
    PlayedBoot,
    PlayedProducer,
    PlayedThread,
)

CONNECT, RECEIVERS = BaseSignal._connect, BaseSignal.iter_receivers


def _exits(seconds: float, code: int) -> None:
    """Take the place of the timer that ends the process."""


def _loop() -> SeededLoop:
    loop = asyncio.get_event_loop()
    assert isinstance(loop, SeededLoop)
    return loop


def _connect(self: BaseSignal[Any], fun: Callable[..., Any], **given: Any) -> Callable[..., Any]:
    _loop().places.setdefault(fun, _loop().random.random())
    connected: Callable[..., Any] = CONNECT(self, fun, **given)
    return connected


def _receivers(self: BaseSignal[Any], sender: object) -> list[Callable[..., Any]]:
    """Return who is told by a signal, in an order that is drawn: mode's is that of addresses."""
    return sorted(RECEIVERS(self, sender), key=lambda fun: _loop().places.get(fun, 0.0))


def _token(size: int) -> str:
    return f"{_loop().number():0{2 * size}x}"


def _crashes(self: Worker, reason: BaseException) -> None:
    if not self.crashed:
        HERE.get().ends(reason)
    super(Worker, self)._crash(reason)


def _group(**given: Any) -> groups.Group:
    return groups.Group(**{"since": time(), **given})


def faking(patch: pytest.MonkeyPatch, modules: Mapping[str, ModuleType]) -> None:
    """Have workers run as processes of trials: in the loop's time, over the Kafka in memory."""
    faking_clocks(patch, modules)
    patch.setattr(buffer, "Group", _group)
    patch.setattr(Consumer, "Thread", PlayedThread)
    patch.setattr(Transport, "Producer", PlayedProducer)
    patch.setattr(publisher, "AIOKafkaProducer", others.Sender)
    patch.setattr(reader, "AIOKafkaConsumer", others.Following)
    patch.setattr(worker, "TopicAdmin", PlayedAdmin)
    patch.setattr(secrets, "token_hex", _token)
    # Faust has topics in sets, and goes through them.
    patch.setattr(Channel, "__hash__", numbered)
    patch.setattr(BaseSignal, "_connect", _connect)
    patch.setattr(BaseSignal, "iter_receivers", _receivers)
    patch.setattr(worker, "_exit_after", _exits)
    patch.setattr(Worker, "_crash", _crashes)
    patch.setattr(Worker, "BootStrategy", PlayedBoot)
