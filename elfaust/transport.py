"""Batch delivery: a Faust transport that hands over a lane's fetched records as one event.

Faust delivers record by record at some 80 us each; a batch costs that once. Offsets are committed
in order of delivery, from the oldest batch on, as far as batches are acknowledged: Faust's own
bookkeeping counts a gap in offsets as acknowledged, which is wrong for batches (docs/architecture,
"Delivery"). Topics that are not batched (changelogs, the leader's topic) are delivered as ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Mapping
from itertools import takewhile
from typing import Any

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from elfaust.batch import Batch
from elfaust.errors import Unacknowledged
from elfaust.transport_thread import ConsumerThread

log = logging.getLogger(__name__)

LOST_RECORDS = (
    "%s, lane %d: offsets %d to %d, %d records, are lost: Kafka removed them before they were read."
    " Keep topics for longer than a worker may be away (retention.ms)"
)
LOST_TOPIC = (
    "%s, lane %d: begins again at offset %d, although %d was to come: the topic was made anew, and"
    " what was not read of the old one is lost"
)


class BatchSchema(faust.Schema):  # type: ignore[misc]
    """How a batched topic decodes: not at all, the `Batch` does it when asked."""

    def loads_value(self, app: Any, message: Any, **_: Any) -> Batch[Any]:
        """Wrap what `Consumer.getmany` put into the message."""
        return Batch(self.value_type, message.value)


class _NoOffsets(dict[TP, int | None]):
    """Faust's note of what it has read, never taken: with it, Faust drops what is fetched again
    after a seek that ran beside a delivery."""

    def __getitem__(self, tp: TP) -> None:
        return None

    def __setitem__(self, tp: TP, offset: int | None) -> None:
        pass

    def update(self, *args: Any, **kwargs: Any) -> None:
        pass


class Consumer(driver.Consumer):  # type: ignore[misc]
    """Delivers batches and commits them in the order in which they were delivered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_flight: defaultdict[TP, deque[Any]] = defaultdict(deque)
        self._read_offset = _NoOffsets()
        #: The offset that each lane has to go on with.
        self._next: dict[TP, int] = {}

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:
        """Yield a message for each fetched partition; its value is the list of records.

        What was fetched for a generation that is over comes again with the new one. What is paused
        since it was fetched is delivered: nothing would fetch it again. Faust also asks here for
        the lane's end, which ends the worker if it has just subscribed to other topics.
        """
        records, active = await self._wait_next_records(timeout)
        if not records or self.should_stop:
            return
        generation = records.generation
        for tp, fetched in records.items():
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            if self.app.is_batched(tp.topic):
                await self._tell_lost(tp, fetched[0].offset)
                self._next[tp] = fetched[-1].offset + 1
                yield tp, self._batch_message(tp, fetched, generation)
            elif tp in active or tp in self._buffered_partitions:
                # Faust's tables pause a changelog where they go back in it.
                for record in fetched:
                    yield tp, self._to_message(tp, record)

    def _batch_message(self, tp: TP, fetched: list[Any], generation: int) -> Any:
        message = self._to_message(tp, fetched[-1])
        message.value, message.generation_id = fetched, generation
        # Headers and key are those of the last record: they would say nothing of the batch.
        message.headers, message.key = [], None
        self._in_flight[tp].append(message)
        return message

    async def _tell_lost(self, tp: TP, first: int) -> None:
        """Say so when Kafka no longer has records that were never read."""
        wanted = self._next.get(tp, first)
        if first < wanted:
            log.error(LOST_TOPIC, tp.topic, tp.partition, first, wanted)
        # Other gaps are none: a transaction's marks take offsets too.
        elif first > wanted and (start := (await self.earliest_offsets(tp))[tp]) > wanted:
            log.error(LOST_RECORDS, tp.topic, tp.partition, wanted, start - 1, start - wanted)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        if not self.app.is_batched(tp.topic):
            await super()._add_gap(tp, offset_from, offset_to)

    def _new_offset(self, tp: TP) -> int | None:
        if not self.app.is_batched(tp.topic):
            offset: int | None = super()._new_offset(tp)
            return offset
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        acked = list(takewhile(lambda message: message.acked, self._in_flight[tp]))
        return acked[-1].offset + 1 if acked else None

    async def _commit_offsets(self, offsets: Mapping[TP, int], *args: Any, **kwargs: Any) -> bool:
        """Commit offsets; tell whether Kafka took them.

        Raises Unacknowledged when that takes longer than `kafka.publish_timeout`, for aiokafka may
        wait for the group's coordinator for ever, and nothing else commits meanwhile.
        """
        kafka = self.app.settings.kafka
        try:
            async with asyncio.timeout(kafka.publish_timeout):
                committed: bool = await super()._commit_offsets(offsets, *args, **kwargs)
        except TimeoutError as error:
            detail = f"offsets not committed within {kafka.publish_timeout} s"
            raise Unacknowledged(f"Kafka {kafka.bootstrap}", detail) from error
        for tp, offset in offsets.items():
            if not committed:
                # Faust notes offsets as committed though Kafka has refused them.
                self._committed_offset.pop(tp, None)
                continue
            in_flight = self._in_flight[tp]
            while in_flight and in_flight[0].acked and in_flight[0].offset < offset:
                in_flight.popleft()
        return committed

    async def perform_seek(self) -> None:
        """Go back to what is committed; nothing is delivered from now until the flow resumes.

        Faust empties its queues when it resumes the flow. What was delivered before comes again,
        so it no longer counts for what may be committed.
        """
        self.stop_flow()
        await super().perform_seek()
        self._in_flight.clear()
        self._next = {tp: offset for tp, offset in self._committed_offset.items() if offset}

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Subscribe to other topics; commits before, for the lanes are no longer ours after."""
        await self.commit()
        await super().subscribe(topics)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit what is acknowledged before the lanes go, so that little is delivered twice."""
        # Faust only does this itself where it has not just subscribed to other topics.
        self.stop_flow()
        await self.commit()
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            self._in_flight.pop(tp, None)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Forget batches that were delivered while the lanes were moving: they come again."""
        self._in_flight.clear()
        await super().on_partitions_assigned(assigned, generation_id)


class Producer(driver.Producer):  # type: ignore[misc]
    """An idempotent producer that waits for all replicas."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(driver.Transport):  # type: ignore[misc]
    """aiokafka with batches."""

    Consumer = Consumer
    Producer = Producer
