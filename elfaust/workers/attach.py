"""How a writer gets a worker's batches: its agent, the flush by age, moving lanes, the drain."""

from __future__ import annotations

from functools import partial
from typing import Any

from elfaust.events.event_error import REVISION, SCHEMA
from elfaust.models.event import EventCapsule
from elfaust.records import SchemaKey
from elfaust.roles import reads_errors
from elfaust.sinks.base import Sink
from elfaust.sinks.buffer import Buffer, Writer
from elfaust.sinks.groups import Buffered
from elfaust.sinks.held import Hold, Lane
from elfaust.sinks.in_thread import InThread
from elfaust.workers.rejecter import rejecter
from elfaust.workers.worker import Worker

#: The schema revision of EventErrors.
ERRORS = SchemaKey(SCHEMA, REVISION)


def attach_sink(worker: Worker, sink: Sink) -> None:
    """Have a worker write all events with a sink, once its server has answered.

    Where the role stores EventErrors too, they are events of the schema revision ERRORS.
    """
    names = worker.names
    errors = [names.error] if reads_errors(worker.role, worker.settings) else []

    def key_of(topic: str) -> SchemaKey:
        return ERRORS if topic in errors else names.key_of(topic)

    worker.require_server(sink.server, sink.ping)
    writer = InThread(sink, key_of, rejecter(worker), worker.role)
    attach(worker, worker.events(EventCapsule, *errors), writer)


def attach(worker: Worker, topic: Any, writer: Writer) -> None:
    """Register the agent that buffers the batches of `topic` for `writer`."""
    buffer = Buffer(writer, pauser(worker))

    @worker.agent(topic, name=worker.role)  # type: ignore[untyped-decorator]
    async def take(stream: Any) -> None:
        async for event in stream.noack().events():
            if not worker.draining:
                await buffer.add(buffered(event))

    async def lanes_move(*_: Any, **__: Any) -> None:
        await buffer.forget()

    worker.run_beside(buffer.run)
    worker.on_partitions_revoked.connect(lanes_move, weak=False)
    worker.on_drain(buffer.flush)
    worker.readiness.reports(lambda: buffer.blocked_by)
    worker.readiness.retries(lambda: buffer.retries)
    worker.held.append(lambda: buffer.held)


def pauser(worker: Worker) -> Hold:
    """Return what holds and releases lanes; a new assignment releases all."""

    async def hold(lanes: set[Lane], held: bool) -> None:
        await (worker.consumer.hold if held else worker.consumer.release)(lanes)

    return hold


def buffered(event: Any) -> Buffered:
    """Return the batch that a Faust event carries."""
    message, batch = event.message, event.value
    return Buffered(
        message.topic,
        message.partition,
        batch.records,
        event.ack,
        batch.size,
        lambda: bool(message.dropped),
        partial(setattr, message, "when_committed"),
    )
