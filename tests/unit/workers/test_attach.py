"""How a sink has its worker's batches, and what the worker says of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from elfaust.errors import ServerAway
from elfaust.names import TopicNames
from elfaust.settings import Settings
from elfaust.sinks.base import Limits
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.buffer import Buffer
from elfaust.workers.attach import attach, attach_sink, buffered
from elfaust.workers.readiness import Readiness
from tests.stand_in import stand_in


class Away:
    """A writer whose server is away."""

    limits = Limits(Bounds(1, 1), 60.0, Bounds(10, 10))

    def group_of(self, topic: str, lane: int) -> str:
        return topic

    async def write(self, batches: object) -> None:
        raise ServerAway("MySQL", "gone")

    def on_revoked(self) -> None: ...


async def test_a_worker_knows_that_its_sink_tries_again() -> None:
    beside: list[Any] = []
    worker = stand_in(
        role="mysql",
        draining=False,
        readiness=Readiness(),
        held=[],
        agent=lambda topic, name: lambda take: take,
        run_beside=beside.append,
        on_partitions_revoked=stand_in(connect=lambda handler, weak: None),
        on_drain=lambda drain: None,
    )
    attach(worker, "topic", Away())
    assert not worker.readiness.is_retrying
    buffer: Buffer = beside[0].__self__
    message = stand_in(topic="t", partition=0, dropped=False)
    event = stand_in(message=message, value=stand_in(records=[1], size=1), ack=lambda: None)
    async with asyncio.timeout(5):
        await buffer.add(buffered(event))
    assert worker.readiness.is_retrying


def test_what_is_to_be_called_at_the_commit_is_on_its_message() -> None:
    message = stand_in(topic="t", partition=2, dropped=False, when_committed=None)
    value = stand_in(records=[], size=0)
    batch = buffered(stand_in(message=message, value=value, ack=lambda: None))
    called: list[int] = []
    batch.when_committed(lambda: called.append(1))
    message.when_committed()
    assert called == [1]
    assert (batch.topic, batch.lane, batch.dropped()) == ("t", 2, False)


@pytest.mark.parametrize(
    ("role", "errors", "reads"),
    [("hdfs", "bare", True), ("hdfs", "off", False), ("mysql", "bare", False)],
)
def test_a_sink_gets_eventerrors_where_its_settings_say_so(
    role: str, errors: str, reads: bool
) -> None:
    settings = Settings()
    settings = replace(settings, hdfs=replace(settings.hdfs, errors=errors))
    names, asked, also = TopicNames(settings), list[Any](), list[str]()

    class Sink(Away):
        server = "there"

        def ping(self) -> None: ...

        def write(self, events: Any, reject: Any) -> None: ...  # type: ignore[override]

    def agent(topic: Any, name: str) -> Any:
        return asked.append

    worker = stand_in(
        role=role,
        settings=settings,
        names=names,
        events=lambda kind, *topics: also.extend(topics),
        require_server=lambda server, ping: None,
        readiness=Readiness(),
        held=[],
        agent=agent,
        run_beside=asked.append,
        on_partitions_revoked=stand_in(connect=lambda handler, weak: None),
        on_drain=lambda drain: None,
    )
    attach_sink(worker, Sink())
    assert also == ([names.error] if reads else [])
