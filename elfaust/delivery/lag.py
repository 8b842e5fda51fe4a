"""How far each role has come: lag by topic, from Kafka's own group offsets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_fixed

from elfaust.delivery.broker_errors import translating_errors
from elfaust.names import TopicNames, group_of
from elfaust.roles import READERS, ROLES, running
from elfaust.settings import Settings


@dataclass(frozen=True)
class TopicLag:
    """One topic as one role has read it, in records of all lanes."""

    topic: str
    role: str
    records: int
    acknowledged: int

    @property
    def lag(self) -> int:
        """Records not yet acknowledged."""
        return self.records - self.acknowledged


class LaneLag(NamedTuple):
    """One lane of a topic as one role has read it: the ends of both, as offsets."""

    topic: str
    lane: int
    role: str
    end: int
    acknowledged: int


def topics_of(settings: Settings, role: str, topics: set[str]) -> set[str]:
    """Return which of `topics` a role reads."""
    names = TopicNames(settings)
    reads = ROLES[role].reads
    if reads == "raw":
        return topics & set(names.raw)
    events = {topic for topic in topics if names.schema_of(topic)}
    return events | (topics & {names.error}) if reads == "events and errors" else events


class LagReader:
    """Reads lags of the roles that run: `async with LagReader(settings) as reader`.

    Entering raises ServerAway when no broker answers.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._roles = running(settings.processor.stores, READERS)
        self._admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap)
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka.bootstrap, metadata_max_age_ms=1000
        )

    async def __aenter__(self) -> Self:
        try:
            with translating_errors(self._settings.kafka):
                await self._admin.start()
                await self._consumer.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def read(self) -> list[TopicLag]:
        """Return the lag of each role in each topic that it reads."""
        sums: dict[tuple[str, str], list[int]] = {}
        for lane in await self.lanes():
            of = sums.setdefault((lane.role, lane.topic), [0, 0])
            of[0] += lane.end
            of[1] += lane.acknowledged
        return [TopicLag(topic, role, *of) for (role, topic), of in sums.items()]

    async def lanes(self) -> list[LaneLag]:
        """Return the lag of each role in each lane that it reads, by role and topic."""
        known = {t["topic"]: len(t["partitions"]) for t in await self._admin.describe_topics()}
        wanted = {role: topics_of(self._settings, role, set(known)) for role in self._roles}
        lanes = [
            TopicPartition(topic, lane)
            for topic in sorted(set().union(*wanted.values()))
            for lane in range(known[topic])
        ]
        ends = await self._consumer.end_offsets(lanes)
        lags = []
        for role in self._roles:
            committed = await self._committed(group_of(self._settings, role))
            for lane in lanes:
                if lane.topic in wanted[role]:
                    done = max(0, committed[lane].offset) if lane in committed else 0
                    lags.append(LaneLag(lane.topic, lane.partition, role, ends[lane], done))
        return lags

    async def _committed(self, group: str) -> dict[TopicPartition, Any]:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(lambda error: getattr(error, "retriable", False)),
            stop=stop_after_delay(self._settings.kafka.request_timeout),
            wait=wait_fixed(0.2),
            reraise=True,
        ):
            with attempt:
                # A new broker has no coordinator yet; it makes one when it is asked.
                committed: dict[
                    TopicPartition, Any
                ] = await self._admin.list_consumer_group_offsets(group)
        return committed
