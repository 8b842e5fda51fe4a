"""Batch delivery: a Faust transport that hands over a lane's fetched records as one event.

Faust delivers record by record at some 80 us each; a batch costs that once.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from time import monotonic
from typing import Any, ClassVar

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from elfaust.delivery.batch import Batch
from elfaust.delivery.holds import HoldingConsumer
from elfaust.delivery.lane import Lane
from elfaust.delivery.thread import ConsumerThread, Fetched
from elfaust.errors import Unacknowledged
from elfaust.records import Record

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
        records, message.value = message.value, None
        return Batch(self.value_type, records)


class Consumer(HoldingConsumer):
    """Delivers batches and commits them in the order in which they were delivered."""

    Thread: ClassVar[type[ConsumerThread]] = ConsumerThread

    def _new_consumer_thread(self) -> ConsumerThread:
        return self.Thread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:
        """Yield a message for each fetched partition; its value is the list of records.

        What was fetched for an assignment that is over, or before a seek, comes again. What is
        paused since it was fetched is delivered: nothing would fetch it again. Of a topic that is
        not batched, the leader's of Faust, nobody reads anything.
        """
        records = await self._wait_next_records(timeout)
        if self.should_stop:
            return
        for tp, fetched in records.items():
            lane = self.lanes.get(tp)
            if lane is None or not self.app.is_batched(tp.topic):
                continue
            if lane.takes(records.step):
                await self._tell_lost(lane, fetched[0].offset)
            for part in _parts(fetched):
                # The lane may have gone while Kafka was asked, or what came before was taken.
                if self.flow_active and lane.takes(records.step):
                    yield tp, self._batch_message(lane, part)

    async def _wait_next_records(self, timeout: float) -> Fetched:
        """Fetch, or at least look whether the worker is still in its group.

        Faust does not ask the thread while nothing is to be fetched, so that a worker without lanes
        would never learn that its heartbeat has ended.
        """
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        fetched: Fetched = await self.thread.getmany(self.active, timeout)
        return fetched

    def _batch_message(self, lane: Lane, records: list[Record]) -> Any:
        first, last, tp = records[0], records[-1], lane.tp
        # It has the place of the last record; what that says of itself says nothing of the batch.
        message: Any = ConsumerMessage(
            *(tp.topic, tp.partition, last.offset, last.timestamp / 1000, 0),
            *([], None, records, None, 0, 0, tp),
            generation_id=self.app.consumer_generation_id,
        )
        message.first, message.note = first.offset, ""
        message.since, message.when_committed = first.timestamp, _nothing
        #: Not before it was fetched.
        message.fetched = monotonic()
        lane.deliver(message)
        return message

    async def _tell_lost(self, lane: Lane, first: int) -> None:
        """Say so when Kafka no longer has records that were never read."""
        tp, wanted = lane.tp, lane.next
        if first < wanted:
            about = {"topic": tp.topic, "lane": tp.partition, "offset": first}
            log.error(LOST_TOPIC, tp.topic, tp.partition, first, wanted, extra=about)
            lane.begin_again(first)
        # Other gaps are none: a transaction's marks take offsets too.
        elif first > wanted and (start := (await self.earliest_offsets(tp))[tp]) > wanted:
            about = {"topic": tp.topic, "lane": tp.partition, "offset": wanted}
            gap = (wanted, start - 1, start - wanted)
            log.error(LOST_RECORDS, tp.topic, tp.partition, *gap, extra=about)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Do nothing: a batch has no gaps that anybody would have to acknowledge."""

    async def perform_seek(self) -> None:
        """Begin each lane anew at what is committed of it; nothing flows until that is resumed."""
        self.stop_flow()
        self.end_lanes()
        sought = await self.thread.seek_to_committed()
        # Faust refuses aiokafka's own type of lanes.
        starts = {TP(*tp): start for tp, start in sought.starts.items()}
        self.lanes = {
            tp: Lane(tp, start, sought.generation, sought.step) for tp, start in starts.items()
        }

    def stop_all(self) -> None:
        """Let nothing flow into the worker any more, whether Faust would or not.

        Where it has just subscribed to other topics, Faust would let what it has fetched flow on.
        """
        self.stop_flow()
        self.app.flow_control.suspend()
        self.app.tables.recovery.give_up()

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Subscribe to other topics; commits before, for the lanes are no longer ours after."""
        await self.commit()
        await super().subscribe(topics)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit what is acknowledged before the lanes go, so that little is delivered twice.

        They go whether Kafka takes it or not: aiokafka would only log an error raised here.
        """
        self.stop_all()
        try:
            async with asyncio.timeout(self.app.conf.broker_session_timeout / 2):
                await self.commit()
        except (TimeoutError, Unacknowledged) as error:
            log.warning("What is acknowledged was not committed before lanes moved: %r", error)
        finally:
            self.end_lanes()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Have lanes taken over (taking_over.py); whatever was there before is over."""
        self.stop_all()
        self.end_lanes()
        await super().on_partitions_assigned(assigned, generation_id)


def _parts(fetched: list[Record]) -> Iterator[list[Record]]:
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
