"""What Kafka has of a source beyond its checkpoint. A forwarder looks it up when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.delivery.batch import records_of
from elfaust.settings import Settings


class Found(NamedTuple):
    """The positions of a source that Kafka has, and by lane the offset after the last record."""

    positions: set[int]
    ends: dict[int, int]


async def find(settings: Settings, name: str, since: Mapping[int, int] | None) -> Found:
    """Find what the raw topic has of the source `name`, in each lane from the offset in `since` on.

    None for `since` says that the topic has nothing of a new source. Raises KafkaError when no
    broker answers.
    """
    async with AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        topic = settings.forwarder.topic
        await consumer.topics()
        numbers = consumer.partitions_for_topic(topic) or range(settings.topics.lanes)
        ends = await consumer.end_offsets([TopicPartition(topic, n) for n in numbers])
        positions = set() if since is None else await _read(consumer, name, since, ends)
        return Found(positions, {lane.partition: end for lane, end in ends.items()})


async def _read(
    consumer: AIOKafkaConsumer, name: str, since: Mapping[int, int], ends: dict[TopicPartition, int]
) -> set[int]:
    seen = set[int]()
    behind = {lane for lane, end in ends.items() if since.get(lane.partition, 0) < end}
    consumer.assign(list(behind))
    for lane in behind:
        consumer.seek(lane, since.get(lane.partition, 0))
    while behind:
        for fetched in (await consumer.getmany(timeout_ms=500)).values():
            records = records_of(fetched)
            seen |= {r.source.position for r in records if r.source and r.source.name == name}
        for lane in list(behind):
            if await consumer.position(lane) >= ends[lane]:
                behind.discard(lane)
    return seen
