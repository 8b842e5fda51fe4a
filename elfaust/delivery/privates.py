"""What elfaust needs of Faust and aiokafka that they keep to themselves, one function each.

A new version of either may change any of it: read this module first, then header_keys.py, which is
about aiokafka's reader of records. The hooks that Faust's classes have for theirs, methods such as
`_commit` that they call and we write anew, are where the classes are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import NodeNotReadyError
from aiokafka.producer.message_accumulator import BatchBuilder
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from elfaust.records import Record


def generation(consumer: AIOKafkaConsumer) -> int:
    """Return the generation of the group in which a consumer has its lanes."""
    number: int = consumer._coordinator.generation
    return number


def member(consumer: AIOKafkaConsumer) -> str:
    """Return the name that the group has given to a consumer, another one when it joins anew."""
    name: str = consumer._coordinator.member_id
    return name


def check_membership(consumer: AIOKafkaConsumer) -> None:
    """Raise what ended aiokafka's heartbeat or its part in the group.

    aiokafka keeps that until somebody takes it.
    """
    consumer._coordinator.check_errors()


def is_closed(consumer: AIOKafkaConsumer) -> bool:
    """Tell whether a consumer fetches no more."""
    closed: bool = consumer._closed or consumer._fetcher._closed
    return closed


def is_moving(consumer: AIOKafkaConsumer) -> bool:
    """Tell whether the group is about to give other lanes to this consumer."""
    moving: bool = consumer._fetcher._subscriptions.reassignment_in_progress
    return moving


def fetching(consumer: AIOKafkaConsumer) -> AbstractContextManager[object]:
    """Return the context in which aiokafka knows that its records are being taken."""
    context: AbstractContextManager[object] = consumer._fetcher._subscriptions.fetch_context()
    return context


async def take_fetched(
    consumer: AIOKafkaConsumer, lanes: frozenset[TP], max_records: int | None
) -> Mapping[TP, list[Record]]:
    """Return what there is of some lanes, without a wait; the consumer hands out `Record`s."""
    fetched: Mapping[TP, list[Record]] = await consumer._fetcher.fetched_records(
        lanes, timeout=0, max_records=max_records
    )
    return fetched


async def any_fetched(consumer: AIOKafkaConsumer, seconds: float) -> None:
    """Wait so long for records of any lane; raises what the fetch raised."""
    waiter = consumer._fetcher._create_fetch_waiter()
    done, _ = await asyncio.wait([waiter], timeout=seconds)
    if done:
        waiter.result()
    else:
        waiter.cancel()


async def ends(consumer: AIOKafkaConsumer, lanes: Collection[TP]) -> Mapping[TP, int]:
    """Return the ends of some lanes, by a consumer that has none itself.

    aiokafka's own asks once more for each topic that it does not know.
    """
    if not lanes:
        return {}
    await consumer._client.set_topics({tp.topic for tp in lanes})
    found: Mapping[TP, int] = await consumer.end_offsets(lanes)
    return found


async def refresh_metadata(consumer: AIOKafkaConsumer) -> None:
    """Have a consumer's metadata be those that a broker has now."""
    await consumer._client.force_metadata_update()


async def all_lanes(consumer: AIOKafkaConsumer) -> Mapping[str, Collection[int]]:
    """Return the partitions of all topics; no topic is created by that."""
    cluster = await consumer._client.fetch_all_metadata()
    return {topic: cluster.partitions_for_topic(topic) or () for topic in cluster.topics()}


def fetch_again(consumer: AIOKafkaConsumer) -> None:
    """Have a fetch that waits for its answer look again at what there is to ask for."""
    consumer._fetcher._notify(consumer._fetcher._wait_consume_future)


async def committed(consumer: AIOKafkaConsumer, lanes: Collection[TP]) -> Mapping[TP, Any]:
    """Return what is committed of some lanes, in one request: aiokafka's own asks once a lane."""
    if not lanes:
        return {}
    offsets: Mapping[TP, Any] = await consumer._coordinator.fetch_committed_offsets(lanes)
    return offsets


async def stop(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer, whether its broker is there or not.

    Where the broker is gone, aiokafka's own `stop` raises the cancellation of a task of its own,
    and leaves its connections open.
    """
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        for request in getattr(consumer._fetcher, "_pending_tasks", ()):
            request.cancel()
        await consumer._client.close()
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise


def position(consumer: AIOKafkaConsumer, tp: TP) -> int | None:
    """Return where a lane goes on, None if it has gone or Kafka did not tell; it does not wait."""
    lanes = consumer._subscription.subscription.assignment
    state = lanes.state_value(tp) if tp in lanes.tps else None
    return state.position if state is not None and state.has_valid_position else None


def take_back_numbers(producer: AIOKafkaProducer, topic: str, lane: int, count: int) -> None:
    """Have an idempotent producer give the numbers of so many refused records to the next ones.

    aiokafka has counted them: brokers would miss these numbers in the next batch.
    """
    producer._txn_manager.increment_sequence_number(TopicPartition(topic, lane), -count)


def appending(batch: BatchBuilder) -> Callable[..., object]:
    """Return what appends a record to an empty batch: number, time, key, value, headers.

    It returns None where the batch is full. aiokafka's own `append` calls it with what it makes of
    its arguments; `end_filling` tells the batch what it has taken.
    """
    append: Callable[..., object] = batch._builder.append
    return append


def end_filling(batch: BatchBuilder, count: int) -> None:
    """Tell a batch that it has so many records, and no more to come."""
    batch._relative_offset = count
    batch.close()


async def send_request(admin: AIOKafkaAdminClient, request: Any) -> Any:
    """Send a request that the admin client has no method for; return the answer."""
    return await admin._send_request(request)


class Admin(AIOKafkaAdminClient):  # type: ignore[misc]
    """An admin client that says so where no controller is known, as of a broker that begins."""

    async def _send_to_controller(self, request: Any) -> Any:
        try:
            return await super()._send_to_controller(request)
        except AttributeError as error:
            if self._client.cluster.controller is None:
                raise NodeNotReadyError("no controller is known") from error
            raise


def subscribed(app: faust.App) -> Collection[str]:
    """Return the topics to which an app is subscribed."""
    topics: Collection[str] = app.topics._topic_name_index
    return topics


def subscribe_again(app: faust.App) -> None:
    """Have an app subscribe to what its channels' topics are now."""
    app.topics._flag_changes()


async def start_fetching(app: faust.App) -> None:
    """Start what takes fetched records to the agents, unless it runs."""
    await app._fetcher.maybe_start()


def subscribe_within(app: faust.App, seconds: float) -> None:
    """Set how long an app waits for further changes before it subscribes again."""
    app.topics._resubscribe_sleep_lock_seconds = seconds


class _NoOffsets(dict[TP, int | None]):
    """Faust's note of what it has read, never taken: with it, Faust drops what is fetched again
    after a seek that ran beside a delivery."""

    def __getitem__(self, tp: TP) -> None:
        return None

    def __setitem__(self, tp: TP, offset: int | None) -> None:
        pass

    def update(self, *args: Any, **kwargs: Any) -> None:
        pass


class FaustConsumer(driver.Consumer):  # type: ignore[misc]
    """Faust's consumer, with names for those of its parts that ours is made of."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_offset = _NoOffsets()

    @property
    def thread(self) -> Any:
        """The thread that talks to the group, a `ConsumerThread`."""
        return self._thread

    @property
    def active(self) -> set[TP]:
        """The lanes that are fetched; change the set to change that."""
        lanes: set[TP] = self._get_active_partitions()
        return lanes

    @property
    def paused(self) -> set[TP]:
        """The lanes that somebody paused."""
        lanes: set[TP] = self._paused_partitions
        return lanes

    @property
    def backed_up(self) -> set[TP]:
        """The lanes that are not fetched because the queue of their agent is full."""
        lanes: set[TP] = self._buffered_partitions
        return lanes
