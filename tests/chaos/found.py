"""What Kafka has of a campaign: raw lines, what each became, and who refused it; by aiokafka alone.

Of elfaust only is asked under which schema revision an error is counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.counts.tally import named_by
from elfaust.settings import Settings
from tests.chaos.book import digest

#: A raw line: its topic, lane and offset.
Source = tuple[str, int, int]


class Error(NamedTuple):
    """An EventError: the sink that has refused the event (none: the processor), its code, and the
    schema revision that it is counted under."""

    role: str
    code: str
    schema: str
    revision: int


class Event(NamedTuple):
    """An event of a topic."""

    topic: str
    uuid: str
    schema: str
    revision: int

    @property
    def table(self) -> str:
        """The table of its schema revision."""
        return f"{self.schema.replace('-', '_')}_{self.revision}"


@dataclass
class Found:
    """What Kafka has."""

    #: Raw lines by their digest; of what a forwarder sent twice, the first.
    raw: dict[Source, bytes] = field(default_factory=dict)
    #: Positions of forwarders that have come.
    positions: set[tuple[str, int, bytes]] = field(default_factory=set)
    events: defaultdict[Source, set[Event]] = field(default_factory=lambda: defaultdict(set))
    errors: defaultdict[Source, set[Error]] = field(default_factory=lambda: defaultdict(set))

    def refused_by(self, source: Source, role: str) -> bool:
        """Return whether a sink has refused a line's event."""
        return any(error.role == role for error in self.errors.get(source, ()))

    def take(self, record: Any, raw: Iterable[str], error_topic: str) -> None:
        """Take a record."""
        topic, lane = record.topic, record.partition
        header = next((value for name, value in record.headers if name == "source"), b"")
        if topic in raw:
            if header:
                if (topic, lane, header) in self.positions:
                    return
                self.positions.add((topic, lane, header))
            self.raw[topic, lane, record.offset] = digest(record.value)
            return
        name, _, offset = header.decode().rpartition(":")
        role, slash, of = name.partition("/")
        # The topic's id is behind it: there is one topic of a name in a campaign.
        source = ((of if slash else name).partition("@")[0], lane, int(offset))
        if topic == error_topic:
            code, key = named_by(record.value)
            self.errors[source].add(Error(role if slash else "", code, *key))
        else:
            given = orjson.loads(record.value)
            of_event = (given["uuid"], given["schema"], given["revision"])
            self.events[source].add(Event(topic, *of_event))


async def read(settings: Settings) -> Found:
    """Return what Kafka has under the names of the settings."""
    names, found = settings.topics, Found()
    raw, events = (names.raw_client, names.raw_server), names.event.partition("{")[0]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, enable_auto_commit=False, group_id=None
    )
    await consumer.start()
    try:
        topics = [
            topic
            for topic in await consumer.topics()
            if topic in (*raw, names.error) or topic.startswith(events)
        ]
        lanes = [TopicPartition(topic, lane) for topic in topics for lane in range(names.lanes)]
        consumer.assign(lanes)
        await consumer.seek_to_beginning(*lanes)
        ends = await consumer.end_offsets(lanes)
        while any([await consumer.position(lane) < ends[lane] for lane in lanes]):
            for records in (await consumer.getmany(timeout_ms=1_000)).values():
                for record in records:
                    found.take(record, raw, names.error)
    finally:
        await consumer.stop()
    return found
