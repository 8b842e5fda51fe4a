"""How far each role has come: lag by topic, from Kafka's own group offsets."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_fixed

from elfaust.delivery import privates
from elfaust.delivery.broker_errors import translating_errors
from elfaust.delivery.first_unread import FETCHING, FirstUnread, Place
from elfaust.names import TopicNames, group_of
from elfaust.roles import READERS, ROLES, reads_errors, running
from elfaust.settings import Settings


@dataclass(frozen=True)
class TopicLag:
    """One topic as one role has read it, in records of all lanes."""

    topic: str
    role: str
    records: int
    acknowledged: int
    #: Age of the oldest record that is not acknowledged, 0 where there is none; None where nobody
    #: has asked for it or Kafka did not tell in time.
    seconds: float | None = None

    @property
    def lag(self) -> int:
        """Records not yet acknowledged."""
        return self.records - self.acknowledged


class LaneLag(NamedTuple):
    """One lane of a topic as one role has read it: the ends of both, as offsets.

    What is acknowledged past the end is of a topic that was deleted, and made anew.
    """

    topic: str
    lane: int
    role: str
    end: int
    acknowledged: int

    @property
    def read(self) -> int:
        """What is acknowledged of this topic, as an offset."""
        return self.acknowledged if self.acknowledged <= self.end else 0

    @property
    def first_unread(self) -> Place:
        """Where the first record is that is not acknowledged."""
        return Place(TopicPartition(self.topic, self.lane), self.read)


def topics_of(settings: Settings, role: str, topics: set[str]) -> set[str]:
    """Return which of `topics` a role reads."""
    names = TopicNames(settings)
    if ROLES[role].reads == "raw":
        return topics & set(names.raw)
    events = {topic for topic in topics if names.schema_of(topic)}
    return events | (topics & {names.error}) if reads_errors(role, settings) else events


class LagReader:
    """Reads lags of the roles that run: `async with LagReader(settings) as reader`.

    Entering raises ServerAway when no broker answers.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._roles = running(settings.processor.stores, READERS)
        self._admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap)
        self._consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka.bootstrap, **FETCHING)
        self._first = FirstUnread(self._consumer)

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

    async def read(self, *, ages: bool = False) -> list[TopicLag]:
        """Return the lag of each role in each topic that it reads; with `ages` in seconds too.

        For that one record is fetched of each lane that has lag. Raises ServerAway.
        """
        by_topic: dict[tuple[str, str], list[LaneLag]] = {}
        with translating_errors(self._settings.kafka):
            lanes = await self.lanes()
            for lane in lanes:
                by_topic.setdefault((lane.topic, lane.role), []).append(lane)
            if not ages:
                return [_summed(*of, lanes) for of, lanes in by_topic.items()]
            behind = {lane.first_unread for lane in lanes if lane.end > lane.read}
            since = await self._first.since(behind)
        now = time.time()
        return [_summed(*of, lanes, _age(lanes, since, now)) for of, lanes in by_topic.items()]

    async def lanes(self) -> list[LaneLag]:
        """Return the lag of each role in each lane that it reads, by role and topic."""
        known = {t["topic"]: len(t["partitions"]) for t in await self._admin.describe_topics()}
        wanted = {role: topics_of(self._settings, role, set(known)) for role in self._roles}
        lanes = [
            TopicPartition(topic, lane)
            for topic in sorted(set().union(*wanted.values()))
            for lane in range(known[topic])
        ]
        by_role = {
            role: await self._committed(
                group_of(self._settings, role), [lane for lane in lanes if lane.topic in topics]
            )
            for role, topics in wanted.items()
        }
        # After that: no lane that is being read is committed past its end.
        ends = await privates.ends(self._consumer, lanes)
        return [
            LaneLag(lane.topic, lane.partition, role, ends[lane], max(0, acknowledged.offset))
            for role, committed in by_role.items()
            for lane, acknowledged in committed.items()
        ]

    async def _committed(
        self, group: str, lanes: Sequence[TopicPartition]
    ) -> Mapping[TopicPartition, Any]:
        """Return what a group has committed of each of these lanes: -1 where that is nothing."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(lambda error: getattr(error, "retriable", False)),
            stop=stop_after_delay(self._settings.kafka.request_timeout),
            wait=wait_fixed(0.2),
            reraise=True,
        ):
            with attempt:
                # A new broker has no coordinator yet; it makes one when it is asked.
                committed = await self._admin.list_consumer_group_offsets(group, None, lanes)
                # One that does not know its groups yet answers with an error of the whole group
                # and with no lane. aiokafka passes over that error.
                if not committed.keys() >= set(lanes):
                    raise GroupCoordinatorNotAvailableError(group)
        return {lane: committed[lane] for lane in lanes}


def _summed(
    topic: str, role: str, lanes: Sequence[LaneLag], seconds: float | None = None
) -> TopicLag:
    records, acknowledged = (
        sum(lane.end for lane in lanes),
        sum(lane.read for lane in lanes),
    )
    return TopicLag(topic, role, records, acknowledged, seconds)


def _age(lanes: Sequence[LaneLag], since: Mapping[Place, float], now: float) -> float | None:
    """Return the age of the oldest unread record of some lanes, None if one of them is unknown."""
    firsts = [lane.first_unread for lane in lanes if lane.end > lane.read]
    if any(first not in since for first in firsts):
        return None
    return max((max(0.0, now - since[first]) for first in firsts), default=0.0)
