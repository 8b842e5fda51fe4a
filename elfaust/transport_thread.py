"""The thread of the transport that talks to the group: fetches, seeks, and who gets which lanes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Any

import aiokafka
from aiokafka.errors import ConsumerStoppedError
from faust.assignor.partition_assignor import PartitionAssignor
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

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
        # Lanes may have gone while the group was asked: aiokafka seeks in none that is not ours.
        committed = {tp: at.get(tp) for tp in lanes & consumer.assignment()}
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


async def _any_fetched(fetcher: Any, seconds: float) -> None:
    """Wait for records of any partition; raises what the fetch raised."""
    waiter = fetcher._create_fetch_waiter()
    done, _ = await asyncio.wait([waiter], timeout=seconds)
    if done:
        waiter.result()
    else:
        waiter.cancel()
