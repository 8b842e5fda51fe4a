"""What a sink rejects becomes EventErrors: who waits for them, and what is raised."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from elfaust.errors import EventFault, Unacknowledged
from elfaust.names import TopicNames
from elfaust.records import Outgoing
from elfaust.settings import Settings
from elfaust.sinks.base import Rejected
from elfaust.testing import make_record
from elfaust.workers.rejecter import rejecter
from tests.stand_in import stand_in

NAMES = TopicNames(Settings())
REJECTED = [
    Rejected(make_record(b"{}", 7, 0, topic="t", lane=2), EventFault("consumer", "too long"))
]


def worker_of(publish: Callable[[Sequence[Outgoing]], Any]) -> Any:
    async def publisher() -> Any:
        return stand_in(publish=publish)

    loop = asyncio.get_running_loop()
    return stand_in(loop=loop, publisher=publisher, names=NAMES, role="mysql", settings=Settings())


async def test_a_sink_rejects_from_its_thread_and_goes_on_when_that_is_durable() -> None:
    log: list[str] = []

    async def publish(errors: Sequence[Outgoing]) -> None:
        await asyncio.sleep(0)
        log.extend(f"{error.topic} {error.lane} {error.source}" for error in errors)

    def sink() -> None:
        reject(REJECTED)
        log.append("committed")

    reject = rejecter(worker_of(publish))
    await asyncio.to_thread(sink)
    assert log == [f"{NAMES.error} 2 Source(name='mysql/t', position=7)", "committed"]


async def test_a_report_that_fails_fails_in_the_sink() -> None:
    async def publish(errors: Sequence[Outgoing]) -> None:
        raise Unacknowledged("Kafka", "60 s")

    with pytest.raises(Unacknowledged, match="60 s"):
        await asyncio.to_thread(rejecter(worker_of(publish)), REJECTED)
