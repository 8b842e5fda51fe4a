"""Batch delivery: a Faust transport that hands over a lane's fetched records as one event.

Faust delivers record by record at some 80 us each; a batch costs that once. Offsets are committed
in order of delivery, from the oldest batch on, as far as batches are acknowledged: Faust's own
bookkeeping counts a gap in offsets as acknowledged, which is wrong for batches (docs/architecture,
"Delivery"). Topics that are not batched (changelogs, the leader's topic) are delivered as ever.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Mapping
from itertools import takewhile
from time import monotonic
from typing import Any

import aiokafka
import faust
from aiokafka.errors import ConsumerStoppedError
from faust.assignor.partition_assignor import PartitionAssignor
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from elfaust.batch import Batch

#: Wait between looks while lanes are moving.
MOVING_SECONDS = 0.02


class BatchSchema(faust.Schema):  # type: ignore[misc]
    """How a batched topic decodes: not at all, the `Batch` does it when asked."""

    def loads_value(self, app: Any, message: Any, **_: Any) -> Batch[Any]:
        """Wrap what `Consumer.getmany` put into the message."""
        return Batch(self.value_type, message.value)


class LaneAssignor(PartitionAssignor):  # type: ignore[misc]
    """Gives lane i of all topics of an app to one worker.

    Faust groups topics by who subscribes to them, so while workers learn of a new topic one after
    the other its lanes could go elsewhere than their neighbours. Here a topic waits until all
    workers of the app have subscribed to it, which each does within `topics.discover_interval`.
    """

    @classmethod
    def _get_copartitioned_groups(
        cls, topics: set[str], cluster: Any, subscriptions: Mapping[str, list[str]]
    ) -> Any:
        shared = set.intersection(*(set(topics) for topics in subscriptions.values()))
        return super()._get_copartitioned_groups(topics & shared, cluster, subscriptions)


class Fetched(dict[TP, list[Any]]):
    """Fetched records by partition, and the generation of the group that they were fetched for."""

    def __init__(self, records: Mapping[TP, list[Any]], generation: int) -> None:
        super().__init__(records)
        self.generation = generation


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The thread that fetches, with large fetches and the lane assignor."""

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        conf, kafka = self.app.conf, self.app.settings.kafka
        self._assignor = self.app.assignor
        return aiokafka.AIOKafkaConsumer(
            client_id=conf.broker_client_id,
            group_id=conf.id,
            bootstrap_servers=driver.server_list(transport.url, transport.default_port),
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=kafka.max_poll_records,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            fetch_min_bytes=kafka.fetch_min_bytes,
            fetch_max_wait_ms=kafka.fetch_max_wait_ms,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            metadata_max_age_ms=conf.consumer_metadata_max_age_ms,
        )

    async def _fetch_records(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float = 0.0,
        max_records: int | None = None,
    ) -> Fetched:
        """Hand out what is fetched of the active partitions, none while lanes are moving.

        aiokafka's own wait goes on through a rebalance, and then hands out what is paused too if
        everything is: records that Faust drops, with nobody to seek back to them.
        """
        fetcher, deadline = consumer._fetcher, monotonic() + timeout
        subscriptions = fetcher._subscriptions
        with subscriptions.fetch_context():
            while not (consumer._closed or fetcher._closed):
                lanes = frozenset(active_partitions)
                moving = subscriptions.reassignment_in_progress
                if moving or not lanes or not self.consumer.flow_active:
                    await asyncio.sleep(MOVING_SECONDS)
                    return Fetched({}, -1)
                records = await fetcher.fetched_records(lanes, timeout=0, max_records=max_records)
                left = deadline - monotonic()
                if records or left <= 0:
                    return Fetched(records, consumer._coordinator.generation)
                await _any_fetched(fetcher, left)
        raise ConsumerStoppedError

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        """Seek to what is committed, and to the beginning where nothing is.

        aiokafka leaves a lane that was never committed where it is, so what was fetched from a new
        topic while lanes moved would not come again.
        """
        committed: Mapping[TP, int | None] = await self.call_thread(self._seek_to_committed)
        return committed

    async def _seek_to_committed(self) -> Mapping[TP, int | None]:
        consumer = self._ensure_consumer()
        lanes = consumer.assignment()
        # One request for all: aiokafka asks once a lane.
        found = await consumer._coordinator.fetch_committed_offsets(lanes) if lanes else {}
        # -1 is a group's way to say that it has none.
        at = {tp: found[tp].offset for tp in lanes & found.keys() if found[tp].offset >= 0}
        committed = {tp: at.get(tp) for tp in lanes}
        for tp, offset in committed.items():
            if offset:
                consumer._fetcher.seek_to(tp, offset)
        never = [tp for tp, at in committed.items() if not at and self.app.is_batched(tp.topic)]
        if never:
            await consumer.seek_to_beginning(*never)
        return committed

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Leave stalls to the lag that `elfaust status` shows: Faust's warnings assume one event
        at a time and a short fetch."""


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

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:
        """Yield a message for each fetched partition; its value is the list of records.

        What was fetched for a generation that is over comes again with the new one. What is paused
        since it was fetched is delivered: nothing would fetch it again.
        """
        records, active = await self._wait_next_records(timeout)
        if not records or self.should_stop:
            return
        generation = records.generation
        for tp, fetched in records.items():
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            if self.app.is_batched(tp.topic):
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
        committed: bool = await super()._commit_offsets(offsets, *args, **kwargs)
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


async def _any_fetched(fetcher: Any, seconds: float) -> None:
    """Wait for records of any partition; raises what the fetch raised."""
    waiter = fetcher._create_fetch_waiter()
    done, _ = await asyncio.wait([waiter], timeout=seconds)
    if done:
        waiter.result()
    else:
        waiter.cancel()


class Producer(driver.Producer):  # type: ignore[misc]
    """An idempotent producer that waits for all replicas."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(driver.Transport):  # type: ignore[misc]
    """aiokafka with batches."""

    Consumer = Consumer
    Producer = Producer
