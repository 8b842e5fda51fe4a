"""The thread of the transport that talks to the group: fetches, commits and seeks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any, NamedTuple

import aiokafka
from aiokafka.errors import CommitFailedError, ConsumerStoppedError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from elfaust.delivery import privates
from elfaust.delivery.fetched_records import as_records
from elfaust.delivery.lane import Noted
from elfaust.errors import Unacknowledged
from elfaust.records import Record

log = logging.getLogger(__name__)

#: Wait between looks while lanes are moving.
MOVING_SECONDS = 0.02


class Fetched(dict[TP, list[Record]]):
    """Fetched records by partition, and the thread's step when they were.

    What was fetched in an earlier step than that of a lane's last seek comes again.
    """

    def __init__(self, records: Mapping[TP, list[Record]], step: int = -1) -> None:
        super().__init__(records)
        self.step = step


class Sought(NamedTuple):
    """Where lanes go on: what is committed, or their beginning."""

    starts: Mapping[TP, Noted]
    #: The generation of the group in which that is so, and the thread's step from which on what is
    #: fetched comes from there.
    generation: int
    step: int


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The thread that fetches, with large fetches and the lane assignor."""

    #: Counts what moves the places of lanes: all of it happens in this thread, between fetches.
    step: int = 0
    #: The last commit.
    _running: asyncio.Future[None] | None = None

    @property
    def client(self) -> aiokafka.AIOKafkaConsumer:
        """aiokafka's consumer; only this thread may use it."""
        return self._ensure_consumer()

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        conf, kafka = self.app.conf, self.app.settings.kafka
        return aiokafka.AIOKafkaConsumer(
            client_id=conf.broker_client_id,
            group_id=conf.id,
            bootstrap_servers=driver.server_list(transport.url, transport.default_port),
            partition_assignment_strategy=[self.app.assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            value_deserializer=as_records,
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

        Raises what ended aiokafka's heartbeat or its part in the group, which waits until somebody
        takes that error: Faust does not, and the worker would read on without ever committing.
        """
        privates.check_membership(consumer)
        deadline = monotonic() + timeout
        with privates.fetching(consumer):
            while not privates.is_closed(consumer):
                lanes = frozenset(active_partitions)
                if privates.is_moving(consumer) or not lanes or not self.consumer.flow_active:
                    await asyncio.sleep(MOVING_SECONDS)
                    return Fetched({})
                records = await privates.take_fetched(consumer, lanes, max_records)
                left = deadline - monotonic()
                if records or left <= 0:
                    return Fetched(records, self.step)
                await privates.any_fetched(consumer, left)
        raise ConsumerStoppedError

    async def commit(self, offsets: Mapping[TP, int], generation: int = -1) -> bool:
        """Commit offsets with their notes; tell whether Kafka took them in that generation."""
        committed: bool = await self.call_thread(self._commit, offsets, generation)
        return committed

    async def _commit(self, offsets: Mapping[TP, int], generation: int = -1) -> bool:
        # A group takes offsets from every member, whoever has the lanes.
        if not self._are_ours(offsets, generation):
            return False
        noted = {
            driver.ensure_aiokafka_TP(tp): OffsetAndMetadata(at, getattr(at, "note", ""))
            for tp, at in offsets.items()
        }
        self._running = running = asyncio.ensure_future(self.client.commit(noted))
        await asyncio.wait([running])
        if running.cancelled():
            return False
        error = running.exception()
        if error is None:
            return self._are_ours(offsets, generation)
        # Another generation has begun, or what aiokafka cannot try again has happened.
        if not isinstance(error, CommitFailedError):
            log.error("Offsets are not committed: %r", error)
            await self.crash(error)
        return False

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Have lanes given up; a commit that Kafka has not answered is given up with them.

        aiokafka would try it again in whatever generation that is then.
        """
        await super().on_partitions_revoked(revoked)
        if self._running is not None:
            self._running.cancel()

    def _are_ours(self, lanes: Iterable[TP], generation: int) -> bool:
        ours: bool = self.client.assignment().issuperset(lanes)
        return ours and privates.generation(self.client) == generation

    async def halt(self, lanes: Mapping[TP, int], generation: int) -> None:
        """Ask Kafka for no more of these lanes, and drop what is there; go back to these offsets.

        Does nothing where lanes have moved since `generation`: they come anew, not halted.
        """
        await self.call_thread(self._halt, lanes, generation)

    async def _halt(self, lanes: Mapping[TP, int], generation: int) -> None:
        if self._are_ours(lanes, generation):
            consumer = self.client
            consumer.pause(*map(driver.ensure_aiokafka_TP, lanes))
            for tp, offset in lanes.items():
                consumer.seek(tp, offset)

    async def go_on(self, lanes: Iterable[TP], generation: int) -> int | None:
        """Ask for these lanes again; return the step from which on what is fetched of them counts.

        None where lanes have moved since `generation`.
        """
        step: int | None = await self.call_thread(self._go_on, lanes, generation)
        return step

    async def _go_on(self, lanes: Iterable[TP], generation: int) -> int | None:
        if not self._are_ours(lanes, generation):
            return None
        self.client.resume(*map(driver.ensure_aiokafka_TP, lanes))
        privates.fetch_again(self.client)
        self.step += 1
        return self.step

    async def refresh_metadata(self) -> None:
        """Have the consumer ask a broker what topics there are: new ones may be among its own."""
        await self.call_thread(self._refresh_metadata)

    async def _refresh_metadata(self) -> None:
        await privates.refresh_metadata(self.client)

    async def seek_to_committed(self) -> Sought:
        """Seek to what is committed, and to the beginning where nothing is.

        aiokafka leaves a lane that was never committed where it is, so what was fetched from a new
        topic while lanes moved would not come again. Raises Unacknowledged where Kafka does not
        tell in time where a lane begins.
        """
        sought: Sought = await self.call_thread(self._seek_to_committed)
        return sought

    async def _seek_to_committed(self) -> Sought:
        consumer = self.client
        lanes, generation = consumer.assignment(), privates.generation(consumer)
        found = await privates.committed(consumer, lanes)
        # -1 is a group's way to say that it has none.
        at = {
            tp: Noted(found[tp].offset, found[tp].metadata or "")
            for tp in lanes & found.keys()
            if found[tp].offset >= 0
        }
        # Lanes may have gone while the group was asked: aiokafka seeks in none that is not ours.
        ours = lanes & consumer.assignment()
        for tp in ours:
            if at.get(tp):
                consumer.seek(tp, at[tp])
        if never := [tp for tp in ours if not at.get(tp)]:
            await consumer.seek_to_beginning(*never)
            ours &= consumer.assignment()
            at |= {tp: self._beginning(tp, at.get(tp)) for tp in ours.intersection(never)}
        self.step += 1
        return Sought({tp: at[tp] for tp in ours}, generation, self.step)

    def _beginning(self, tp: TP, at: Noted | None) -> Noted:
        """Return where a lane begins, with the note that was committed at its beginning."""
        offset = privates.position(self.client, tp)
        if offset is None:
            detail = f"it did not tell where {tp.topic}, lane {tp.partition}, begins"
            raise Unacknowledged(f"Kafka {self.app.settings.kafka.bootstrap}", detail)
        return Noted(offset, at.note if at is not None else "")

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Leave stalls to the lag that `elfaust status` shows: Faust's warnings assume one event
        at a time and a short fetch."""
