"""A step of a recovery that takes too long fails; it does not pass for a stop."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from faust.tables.recovery import ServiceStopped
from mode import Service

from elfaust.errors import Unacknowledged
from elfaust.settings import Settings
from elfaust.transport_recovery import LoudRecovery


async def wait(stopped: bool, step: asyncio.Event) -> None:
    recovery = LoudRecovery.__new__(LoudRecovery)
    Service.__init__(recovery)
    recovery.app = SimpleNamespace(settings=Settings())
    if stopped:
        recovery._stopped.set()
    await recovery._wait(step.wait(), timeout=0.01)


def test_a_step_that_takes_too_long_fails() -> None:
    with pytest.raises(
        Unacknowledged, match=r"no answer within 0\.01 s while lanes were taken over"
    ):
        asyncio.run(wait(False, asyncio.Event()))


def test_a_stop_is_a_stop() -> None:
    with pytest.raises(ServiceStopped):
        asyncio.run(wait(True, asyncio.Event()))


def test_a_step_that_is_done_goes_on() -> None:
    done = asyncio.Event()
    done.set()
    asyncio.run(wait(False, done))
