"""The thread of the transport that talks to the group: fetches, seeks, and who gets which lanes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any

import aiokafka
from aiokafka.errors import CommitFailedError, ConsumerStoppedError
from aiokafka.structs import OffsetAndMetadata
from faust.assignor.partition_assignor import PartitionAssignor
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

log = logging.getLogger(__name__)

#: Wait between looks while lanes are moving.
MOVING_SECONDS = 0.02


class LaneAssignor(PartitionAssignor):  # type: ignore[misc]
    """Gives lane i of all topics of an app to one worker, lanes being as many as `topics.lanes`.

    Faust groups topics by who subscribes to them, so while workers learn of a new topic one after
    the other its lanes could go elsewhere than their neighbours. Here a topic waits until all
    workers of the app have subscribed to it, which each does within `topics.discover_interval`.
    """

    #: Topics that nobody got because the brokers' metadata did not have them: a broker that has
    #: just started does not know all of its own yet, and nothing else would assign lanes again.
    left_out: frozenset[str] = frozenset()

    def _get_copartitioned_groups(
        self, topics: set[str], cluster: Any, subscriptions: Mapping[str, list[str]]
    ) -> Any:
        shared = topics.intersection(*subscriptions.values())
        self._has = {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in shared}
        self.left_out = frozenset(topic for topic, has in self._has.items() if not has)
        changelogs = self._table_manager.changelog_topics
        if self.left_out & changelogs:
            # Lanes without their changelog would go on from tables that are empty.
            shared = set()
        ours = {t for t in shared - self.left_out if self.app.is_batched(t) or t in changelogs}
        lanes = self.app.settings.topics.lanes
        groups = dict(super()._get_copartitioned_groups(shared - ours, cluster, subscriptions))
        if ours:
            groups[lanes] = [*groups.get(lanes, ()), ours]
        return groups

    def _global_table_standby_assignments(self, assignments: Any, *args: Any) -> Any:
        """Take away the lanes that a topic does not have; elfaust has no global tables."""
        for assignment in assignments.values():
            for topic, lanes in assignment.actives.items():
                assignment.actives[topic] = [lane for lane in lanes if lane < self._has[topic]]
        return super()._global_table_standby_assignments(assignments, *args)


class Noted(int):
    """An offset to commit, and what is committed with it: its metadata, as Kafka calls that.

    It is a number, for Faust hands it on from who acknowledges to who commits.
    """

    note: str

    def __new__(cls, offset: int, note: str = "") -> Noted:
        """Return an offset with its note."""
        noted = super().__new__(cls, offset)
        noted.note = note
        return noted


class Fetched(dict[TP, list[Any]]):
    """Fetched records by partition, and when they were: the group's generation, the thread's step.

    What was fetched in an earlier step than that of a lane's last seek comes again.
    """

    def __init__(self, records: Mapping[TP, list[Any]], generation: int, step: int = 0) -> None:
        super().__init__(records)
        self.generation = generation
        self.step = step


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The thread that fetches, with large fetches and the lane assignor."""

    #: Counts what moves the places of lanes: all of it happens in this thread, between fetches.
    step: int = 0

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

        Raises what ended aiokafka's heartbeat or its part in the group, which waits until somebody
        takes that error: Faust does not, and the worker would read on without ever committing.
        """
        consumer._coordinator.check_errors()
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
                    return Fetched(records, consumer._coordinator.generation, self.step)
                await _any_fetched(fetcher, left)
        raise ConsumerStoppedError

    async def commit(self, offsets: Mapping[TP, int], generation: int = -1) -> bool:
        """Commit offsets with their notes; tell whether Kafka took them in that generation."""
        committed: bool = await self.call_thread(self._commit, offsets, generation)
        return committed

    async def _commit(self, offsets: Mapping[TP, int], generation: int = -1) -> bool:
        consumer = self._ensure_consumer()
        try:
            # A group takes offsets from every member, whoever has the lanes.
            if not self._are_ours(offsets, generation):
                return False
            await consumer.commit(
                {
                    driver.ensure_aiokafka_TP(tp): OffsetAndMetadata(at, getattr(at, "note", ""))
                    for tp, at in offsets.items()
                }
            )
            # aiokafka tries again by itself, in whatever generation that is then.
            return self._are_ours(offsets, generation)
        except CommitFailedError:
            # Another generation has begun.
            return False
        except Exception as error:
            log.exception("Offsets are not committed: %r", error)
            await self.crash(error)
            return False

    def _are_ours(self, lanes: Iterable[TP], generation: int) -> bool:
        consumer = self._ensure_consumer()
        same: bool = consumer._coordinator.generation == generation
        return same and consumer.assignment().issuperset(lanes)

    async def halt(self, lanes: Mapping[TP, int], generation: int) -> None:
        """Ask Kafka for no more of these lanes, and drop what is there; go back to these offsets.

        Does nothing where lanes have moved since `generation`: they come anew, not halted.
        """
        await self.call_thread(self._halt, lanes, generation)

    async def _halt(self, lanes: Mapping[TP, int], generation: int) -> None:
        if self._are_ours(lanes, generation):
            consumer = self._ensure_consumer()
            for tp, offset in lanes.items():
                consumer._subscription.pause(tp)
                consumer._fetcher.seek_to(tp, offset)

    async def go_on(self, lanes: Iterable[TP], generation: int) -> int | None:
        """Ask for these lanes again; return the step from which on what is fetched of them counts.

        None where lanes have moved since `generation`.
        """
        step: int | None = await self.call_thread(self._go_on, lanes, generation)
        return step

    async def _go_on(self, lanes: Iterable[TP], generation: int) -> int | None:
        if not self._are_ours(lanes, generation):
            return None
        consumer = self._ensure_consumer()
        for tp in lanes:
            consumer._subscription.resume(tp)
        # A fetch that waits for its answer looks again at what there is to ask for.
        consumer._fetcher._notify(consumer._fetcher._wait_consume_future)
        self.step += 1
        return self.step

    async def seek_to_committed(self) -> Mapping[TP, Noted | None]:
        """Seek to what is committed, and to the beginning where nothing is; return these offsets.

        aiokafka leaves a lane that was never committed where it is, so what was fetched from a new
        topic while lanes moved would not come again. Topics that are not batched are left to Faust:
        None where nothing is committed.
        """
        going: Mapping[TP, Noted | None] = await self.call_thread(self._seek_to_committed)
        return going

    async def _seek_to_committed(self) -> Mapping[TP, Noted | None]:
        consumer = self._ensure_consumer()
        lanes = consumer.assignment()
        # One request for all: aiokafka asks once a lane.
        found = await consumer._coordinator.fetch_committed_offsets(lanes) if lanes else {}
        # -1 is a group's way to say that it has none.
        at = {
            tp: Noted(found[tp].offset, found[tp].metadata or "")
            for tp in lanes & found.keys()
            if found[tp].offset >= 0
        }
        # Lanes may have gone while the group was asked: aiokafka seeks in none that is not ours.
        going = {tp: at.get(tp) for tp in lanes & consumer.assignment()}
        for tp, offset in going.items():
            if offset:
                consumer._fetcher.seek_to(tp, offset)
        never = [tp for tp, at in going.items() if not at and self.app.is_batched(tp.topic)]
        if never:
            await consumer.seek_to_beginning(*never)
            going |= {tp: _position(consumer, tp, going[tp]) for tp in never}
        self.step += 1
        return going

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Leave stalls to the lag that `elfaust status` shows: Faust's warnings assume one event
        at a time and a short fetch."""


async def _any_fetched(fetcher: Any, seconds: float) -> None:
    """Wait for records of any partition; raises what the fetch raised."""
    waiter = fetcher._create_fetch_waiter()
    done, _ = await asyncio.wait([waiter], timeout=seconds)
    if done:
        waiter.result()
    else:
        waiter.cancel()


def _position(consumer: aiokafka.AIOKafkaConsumer, tp: TP, at: Noted | None) -> Noted | None:
    """Return where a lane goes on, `at` if it has gone or Kafka did not tell."""
    lanes = consumer._subscription.subscription.assignment
    state = lanes.state_value(tp) if tp in lanes.tps else None
    if state is None or not state.has_valid_position:
        return at
    return Noted(state.position, at.note if at is not None else "")
