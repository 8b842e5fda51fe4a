"""processor: raw lines in, one event a record out, to the topic of its schema revision."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from faust.types import TP

from elfaust.errors import LaneLost
from elfaust.processing import Judge
from elfaust.registry import Registry
from elfaust.settling import Lane, Limits, Settled, Ways
from elfaust.types import Outgoing, SchemaKey
from models.raw_line import RawLine

#: Longest wait between looks at lines that wait for their schema, seconds.
LOOK_SECONDS = 0.25


def register(app: Any) -> None:
    """Register the processor's agent, and what settles the lines that wait, with their app."""
    names, settings = app.names, app.settings
    registry = Registry.of_workers(settings)
    judges = {
        settings.topics.raw_client: Judge(settings.processor.client_format, registry, settings),
        settings.topics.raw_server: Judge(settings.processor.server_format, registry, settings),
    }
    limits = Limits(
        settings.processor.unresolved_seconds,
        settings.processor.waiting_bytes // (len(judges) * settings.topics.lanes),
    )
    lanes: dict[TP, Lane] = {}
    #: The events of batches that are not acknowledged, by the offset after them.
    in_hand: dict[TP, dict[int, Any]] = {}
    #: The generation of the group whose lanes have moved: what is delivered of it comes again.
    over = -1
    busy = asyncio.Lock()

    def forget_lanes() -> None:
        nonlocal over
        over = app.consumer_generation_id
        lanes.clear()
        in_hand.clear()

    async def lane_of(tp: TP) -> Lane:
        if tp not in lanes:
            ends = await app.consumer.highwaters(tp)
            lanes[tp] = Lane(
                f"{tp.topic}/{tp.partition}",
                judges[tp.topic],
                registry,
                ways(tp),
                limits,
                note=app.consumer.note(tp),
                judged_to=ends[tp],
            )
        return lanes[tp]

    def ways(tp: TP) -> Ways:
        async def publish(settled: Sequence[Settled]) -> None:
            publisher = await app.publisher()
            await publisher.publish(
                [
                    Outgoing(
                        names.error if verdict.code else names.event(verdict.key),
                        tp.partition,
                        verdict.value,
                        record.timestamp,
                        tp.topic,
                        record.offset,
                        verdict.headers,
                    )
                    for record, verdict in settled
                ]
            )

        def acknowledge(end: int, text: str) -> None:
            event = in_hand[tp].pop(end)
            event.message.note = text
            event.ack()

        async def note(text: str) -> None:
            await app.consumer.commit_note(tp, text)

        async def is_published(key: SchemaKey) -> bool:
            return names.event(key) in await app.admin.names()

        return Ways(publish, acknowledge, note, is_published)

    @app.agent(app.batches(*names.raw, value_type=RawLine), name=app.role)  # type: ignore[untyped-decorator]
    async def process(stream: Any) -> None:
        async for event in stream.noack().events():
            message = event.message
            async with busy:
                if not app.draining and message.generation_id == app.consumer_generation_id != over:
                    tp = TP(message.topic, message.partition)
                    in_hand.setdefault(tp, {})[message.offset + 1] = event
                    try:
                        await (await lane_of(tp)).take(event.value.records)
                    except LaneLost:
                        forget_lanes()

    async def settle_lanes(told: set[SchemaKey]) -> None:
        try:
            for lane in lanes.values():
                await lane.settle(told)
        except LaneLost:
            forget_lanes()

    async def settle() -> None:
        while not app.draining:
            await registry.wait_changed(LOOK_SECONDS)
            async with busy:
                await settle_lanes(registry.answered())

    async def lanes_move(*_: Any, **__: Any) -> None:
        async with busy:
            forget_lanes()

    async def idle() -> None:
        async with busy:
            pass

    app.held.append(lambda: [why for lane in lanes.values() for why in lane.held])
    app.runs(settle)
    app.on_partitions_revoked.connect(lanes_move, weak=False)
    app.drains(idle)
    app.closes(registry.close)
