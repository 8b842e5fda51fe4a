"""How a role that gathers is fed: its agent, the flush by age, moving lanes, the drain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from elfaust.events.event_error import error_event, shortened
from elfaust.events.refusals import refusal_source, refused_line
from elfaust.records import Outgoing, Source
from elfaust.sinks.base import Rejected
from elfaust.sinks.buffer import Buffer, Buffered, Report
from elfaust.sinks.held import Hold, Lane
from elfaust.workers.worker import Worker


def attach(
    worker: Worker, topic: Any, buffer: Buffer, forget_lanes: Callable[[], None] = lambda: None
) -> None:
    """Register the agent that hands the batches of `topic` to `buffer`.

    `forget_lanes` drops what the sink remembers of its lanes; it is called when they move.
    """

    @worker.agent(topic, name=worker.role)  # type: ignore[untyped-decorator]
    async def take(stream: Any) -> None:
        async for event in stream.noack().events():
            if not worker.draining:
                await buffer.add(buffered(event))

    worker.run_beside(buffer.run)

    async def lanes_move(*_: Any, **__: Any) -> None:
        await buffer.forget(forget_lanes)

    worker.on_partitions_revoked.connect(lanes_move, weak=False)
    worker.on_drain(buffer.flush)
    worker.readiness.reports(lambda: buffer.blocked_by)
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
        message.generation_id,
        batch.records,
        event.ack,
        batch.size,
        lambda: bool(message.dropped),
    )


def reporter(worker: Worker) -> Report:
    """Return what sends refused records to the error topic, with code `consumer`."""

    async def report(refused: Sequence[Rejected]) -> None:
        publisher = await worker.publisher()
        await publisher.publish([error_of(worker, one) for one in refused])

    return report


def error_of(worker: Worker, refused: Rejected) -> Outgoing:
    """Return the EventError of a record that a sink refused: the same one, whichever sink it is."""
    record, fault = refused
    topic, offset = refused_line(record, worker.names.raw)
    value = error_event(
        record.value,
        fault,
        origin=f"{topic}/{record.lane}",
        offset=offset,
        timestamp=record.timestamp,
        settings=worker.settings.processor,
    )
    source, at = Source(refusal_source(worker.role, topic), offset), record.timestamp
    return Outgoing(worker.names.error, record.lane, value, at, source, shorten=shortened)


def blocking_reporter(worker: Worker, report: Report) -> Callable[[Sequence[Rejected]], None]:
    """Return `report` as a sink calls it from its thread: durable on return.

    Raises what `report` raises. It must not be called in the worker's loop, which it waits for.
    """

    def wait(refused: Sequence[Rejected]) -> None:
        async def run() -> None:
            await report(refused)

        asyncio.run_coroutine_threadsafe(run(), worker.loop).result()

    return wait
