"""Batch delivery: a Faust transport that hands over a lane's fetched records as one event.

Faust delivers record by record at some 80 us each; a batch costs that once. Topics that are not
batched (changelogs, the leader's topic) are delivered as ever.
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any, ClassVar

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from elfaust.delivery.batch import Batch
from elfaust.delivery.holds import HoldingConsumer
from elfaust.delivery.thread import ConsumerThread, Fetched

log = logging.getLogger(__name__)

#: Offsets that a batch spans at most: as many as `kafka.max_poll_records` may be.
MAX_SPAN = 10_000
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

    def loads_value(self, app: object, message: Any, **_: Any) -> Batch[Any]:
        """Take out what `Consumer.getmany` put into the message.

        The message stays until its offset is committed, which older batches may hold back; its
        records go with the batch.
        """
        fetched, message.value = message.value, None
        return Batch(self.value_type, fetched)


class Consumer(HoldingConsumer):
    """Delivers batches and commits them in the order in which they were delivered."""

    Thread: ClassVar[type[ConsumerThread]] = ConsumerThread

    def _new_consumer_thread(self) -> ConsumerThread:
        return self.Thread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:
        """Yield a message for each fetched partition; its value is the list of records.

        What was fetched for a generation that is over, or before a seek, comes again. What is
        paused since it was fetched is delivered: nothing would fetch it again. Faust also asks here
        for the lane's end, which ends the worker if it has just subscribed to other topics.
        """
        records, active = await self._wait_next_records(timeout)
        if not records or self.should_stop:
            return
        for tp, fetched in records.items():
            if self.app.is_batched(tp.topic):
                if self._counts(tp, records):
                    await self._tell_lost(tp, fetched[0].offset)
                for part in _parts(fetched):
                    # The lane may have moved while Kafka was asked, or what came before was taken.
                    if self._counts(tp, records):
                        self._next[tp] = part[-1].offset + 1
                        yield tp, self._batch_message(tp, part, records.generation)
            elif tp in active or tp in self.backed_up:
                # Faust's tables pause a changelog where they go back in it.
                for record in fetched:
                    # The lanes may have moved while those before were taken: a record of before
                    # that is handed on after would hide what the recovery has not read yet.
                    if not self._flows(records):
                        break
                    yield tp, self.message(tp, record)

    async def _wait_next_records(self, timeout: float) -> tuple[Fetched, set[TP]]:
        """Fetch, or at least look whether the worker is still in its group.

        Faust does not ask the thread while nothing is to be fetched, so that a worker without lanes
        would never learn that its heartbeat has ended.
        """
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        active = self.active
        return await self.thread.getmany(active, timeout), active

    def _batch_message(self, tp: TP, fetched: list[Any], generation: int) -> Any:
        message = self.message(tp, fetched[-1])
        message.value, message.generation_id = fetched, generation
        # Headers and key are those of the last record: they would say nothing of the batch.
        message.headers, message.key = [], None
        message.first, message.dropped, message.note = fetched[0].offset, False, ""
        message.since, message.when_committed = fetched[0].timestamp, _nothing
        self._in_flight[tp].append(message)
        return message

    async def _tell_lost(self, tp: TP, first: int) -> None:
        """Say so when Kafka no longer has records that were never read."""
        wanted = self._next.get(tp, first)
        if first < wanted:
            about = {"topic": tp.topic, "lane": tp.partition, "offset": first}
            log.error(LOST_TOPIC, tp.topic, tp.partition, first, wanted, extra=about)
            self.begin_again(tp, first)
        # Other gaps are none: a transaction's marks take offsets too.
        elif first > wanted and (start := (await self.earliest_offsets(tp))[tp]) > wanted:
            about = {"topic": tp.topic, "lane": tp.partition, "offset": wanted}
            gap = (wanted, start - 1, start - wanted)
            log.error(LOST_RECORDS, tp.topic, tp.partition, *gap, extra=about)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        if not self.app.is_batched(tp.topic):
            await super()._add_gap(tp, offset_from, offset_to)

    async def perform_seek(self) -> None:
        """Go back to what is committed; nothing is delivered from now until the flow resumes.

        Faust empties its queues when it resumes the flow. What was delivered before comes again,
        so it no longer counts for what may be committed.
        """
        self.stop_flow()
        await super().perform_seek()

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


def _parts(fetched: list[Any]) -> Iterator[list[Any]]:
    """Yield records in parts that span few offsets.

    A topic that Kafka compacts has gaps of any length between its records, and what is noted of a
    batch beside a committed offset (notes.py) grows with its span.
    """
    part = fetched
    while part[-1].offset - part[0].offset >= MAX_SPAN:
        end = bisect_left(part, part[0].offset + MAX_SPAN, key=lambda record: record.offset)
        yield part[:end]
        part = part[end:]
    yield part


class Producer(driver.Producer):  # type: ignore[misc]
    """An idempotent producer that waits for all replicas."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(driver.Transport):  # type: ignore[misc]
    """aiokafka with batches."""

    Consumer = Consumer
    Producer = Producer


def _nothing() -> None:
    """Do nothing once a batch is committed."""
