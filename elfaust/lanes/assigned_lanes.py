"""The lanes of raw lines that a worker has: one `RawLane` each, for one generation of its group."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from elfaust.delivery.lane import Lane
from elfaust.errors import LaneLost
from elfaust.events.core import way_of
from elfaust.events.core_judge import worker_judge
from elfaust.lanes.callbacks import LaneCallbacks, Settled
from elfaust.lanes.origins import Origins
from elfaust.lanes.raw_lane import RawLane
from elfaust.lanes.settled_lines import lots_of_lines
from elfaust.lanes.waiting_lines import WaitLimits
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.sinks.stores import enabled_stores
from elfaust.workers.worker import Worker

log = logging.getLogger(__name__)

#: Longest wait between looks at lines that wait for their schema, seconds.
LOOK_SECONDS = 0.25


class AssignedLanes:
    """Takes batches of raw lines, and settles those that wait, one task at a time."""

    def __init__(self, worker: Worker, registry: Registry) -> None:
        settings = worker.settings
        self._worker = worker
        self._registry = registry
        stores = enabled_stores(settings).values()
        self._judges = {
            settings.raw_topics[kind]: worker_judge(line_format, registry, settings, stores)
            for kind, line_format in settings.line_formats.items()
        }
        self._limits = WaitLimits(
            settings.processor.unresolved_seconds,
            settings.processor.waiting_bytes // (len(self._judges) * settings.topics.lanes),
        )
        self._origins = Origins(worker)
        worker.before_lanes(self._origins.prepare)
        #: By lane and source: lines of a topic that was made anew meanwhile are settled, too.
        self._lanes: dict[tuple[Lane, str], RawLane] = {}
        #: The events of batches that are not acknowledged, by the offset after them.
        self._open_batches: defaultdict[tuple[Lane, str], dict[int, Any]] = defaultdict(dict)
        self._busy = asyncio.Lock()

    @property
    def held(self) -> list[str]:
        """Which lines wait for their schemas, a sentence for each lane that has some."""
        return [why for lane in self._lanes.values() for why in lane.held]

    async def take(self, event: Any) -> None:
        """Settle the batch that a Faust event carries, if its lane is still ours."""
        async with self._busy:
            message = event.message
            if self._worker.draining or message.dropped:
                return
            source = await self._origins.of(message.lane, message.fetched)
            if source is None:
                return
            self._open_batches[message.lane, source][message.offset + 1] = event
            try:
                await (await self._lane(message.lane, source)).take(event.value.records)
            except LaneLost:
                self._forget()

    async def settle(self) -> None:
        """Settle waiting lines as their schemas become known or time runs out, until the drain."""
        log.info("Plain lines are judged by %s", way_of(self._worker.settings))
        while not self._worker.draining:
            await self._registry.wait_changed(LOOK_SECONDS)
            self._registry.reload.look()
            async with self._busy:
                await self._origins.look(self._raw_lanes())
                answered = self._registry.answered()
                try:
                    for lane in self._lanes.values():
                        await lane.settle(answered)
                except LaneLost:
                    self._forget()

    async def forget(self, *_: Any, **__: Any) -> None:
        """Forget what is in hand: the lanes move, and it comes again."""
        async with self._busy:
            self._forget()

    async def idle(self) -> None:
        """Return when no batch is being settled."""
        async with self._busy:
            pass

    def _forget(self) -> None:
        self._lanes.clear()
        self._open_batches.clear()

    def _raw_lanes(self) -> list[Lane]:
        consumer, raw = self._worker.consumer, self._worker.names.raw
        return [lane for lane in consumer.lanes.values() if lane.tp.topic in raw]

    async def _lane(self, lane: Lane, source: str) -> RawLane:
        if (lane, source) not in self._lanes:
            tp = lane.tp
            ends = await self._worker.consumer.highwaters(tp)
            self._lanes[lane, source] = RawLane(
                f"{source}/{tp.partition}",
                self._judges[tp.topic],
                self._registry,
                self._callbacks(lane, source),
                self._limits,
                name=f"{tp.topic}/{tp.partition}",
                topic_id=lane.topic_id,
                note=lane.committed.note,
                judged_to=ends[tp],
            )
        return self._lanes[lane, source]

    def _callbacks(self, lane: Lane, source: str) -> LaneCallbacks:
        worker, names, tp = self._worker, self._worker.names, lane.tp
        batches, topic_id = self._open_batches[lane, source], lane.topic_id

        async def publish(settled: Sequence[Settled]) -> None:
            publisher = await worker.publisher()
            await publisher.publish_lots(lots_of_lines(settled, names, source, tp.partition))

        def acknowledge(end: int, text: str, when_committed: Callable[[], object]) -> None:
            event = batches.pop(end)
            event.message.note, event.message.when_committed = text, when_committed
            event.ack()

        async def note(text: str) -> None:
            # Nobody goes on from where a topic stood that is no more.
            if lane.topic_id == topic_id:
                await worker.consumer.commit_note(lane, text)

        async def is_published(key: SchemaKey) -> bool:
            return names.event(key) in await worker.admin.names()

        return LaneCallbacks(publish, acknowledge, note, is_published)
