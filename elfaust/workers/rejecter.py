"""How what a sink rejects becomes EventErrors, durable before anything covers its record."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from elfaust.events.event_error import error_event, shortened
from elfaust.events.refusals import refusal_source, refused_line
from elfaust.records import Outgoing, Source
from elfaust.sinks.base import Reject, Rejected
from elfaust.workers.worker import Worker


def rejecter(worker: Worker) -> Reject:
    """Return what sends rejected records to the error topic, with code `consumer`.

    It waits for the worker's loop, so that it must not be called there, and raises what publishing
    raises.
    """

    async def publish(rejected: Sequence[Rejected]) -> None:
        publisher = await worker.publisher()
        await publisher.publish([error_of(worker, one) for one in rejected])

    def reject(rejected: Sequence[Rejected]) -> None:
        asyncio.run_coroutine_threadsafe(publish(rejected), worker.loop).result()

    return reject


def error_of(worker: Worker, rejected: Rejected) -> Outgoing:
    """Return the EventError of a rejected record: the same one, whichever sink rejects it."""
    record, fault = rejected
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
