"""A recovery begins at the beginning; a step that takes too long fails, and passes for no stop."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from types import SimpleNamespace

import pytest
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from faust.types import TP
from mode import Service

from elfaust.delivery.recovery import LoudRecovery
from elfaust.errors import Unacknowledged
from elfaust.settings import Settings


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


@pytest.mark.parametrize(
    ("assigned", "raised"), [(set(), RebalanceAgain), ({TP("counts-changelog", 0)}, AssertionError)]
)
async def test_lanes_that_begin_to_move_end_the_recovery_of_those_and_not_the_worker(
    assigned: set[TP], raised: type[Exception]
) -> None:
    recovery = LoudRecovery.__new__(LoudRecovery)

    async def seek_wait(offsets: object) -> None:
        raise AssertionError("aiokafka has no assignment")

    consumer = SimpleNamespace(assignment=lambda: assigned, seek_wait=seek_wait)
    lanes = {TP("counts-changelog", 0)}
    with pytest.raises(raised):
        await recovery._seek_offsets(consumer, lanes, Counter(), "active")


def test_lanes_are_recovered_from_their_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    recovery = LoudRecovery.__new__(LoudRecovery)
    queue = deque(["a record of an earlier assignment"])
    recovery.tables = SimpleNamespace(changelog_queue=queue)
    recovery.active_offsets = Counter({TP("counts-changelog", 0): 5_000})
    seen: list[tuple[int, int]] = []

    async def on_rebalance(_: Recovery, *args: object) -> None:
        seen.append((len(queue), len(recovery.active_offsets)))

    monkeypatch.setattr(Recovery, "on_rebalance", on_rebalance)
    asyncio.run(recovery.on_rebalance(set(), set(), set(), 2))
    assert seen == [(0, 0)]
