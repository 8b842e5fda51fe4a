"""Topics: their names by the formats of faust.conf, what exists, and creating what is missing."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Self

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import (
    InvalidPartitionsError,
    KafkaError,
    TopicAlreadyExistsError,
    for_code,
)
from aiokafka.protocol.metadata import MetadataRequest

from elfaust.delivery.broker_errors import away, is_of_topic, translating_errors
from elfaust.delivery.compaction import compaction, put_right
from elfaust.delivery.privates import Admin, send_request
from elfaust.delivery.topic_ids import read_ids
from elfaust.delivery.topic_limits import LIMIT, raise_limits
from elfaust.settings import Settings

log = logging.getLogger(__name__)


def unread_lanes(settings: Settings, lanes: Mapping[str, int]) -> list[str]:
    """Say which partitions nobody reads of topics with so many: those past `topics.lanes`."""
    wanted = settings.topics.lanes
    return [
        f"topic {topic} has {has} partitions: what is in those from {wanted} on waits until "
        f"topics.lanes is {has}"
        for topic, has in sorted(lanes.items())
        if has > wanted
    ]


class TopicAdmin:
    """Lists topics and creates what is missing, so that all have `topics.lanes` partitions."""

    def __init__(self, settings: Settings) -> None:
        self._kafka = settings.kafka
        self._topics = settings.topics
        #: What is set of topics that are compacted.
        self._compaction = compaction(settings)
        self._admin: AIOKafkaAdminClient | None = None
        #: The longest batch that each topic takes which was ensured, bytes.
        self._limits: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection to the brokers."""
        if self._admin is not None:
            await self._admin.close()
            self._admin = None

    async def _client(self) -> AIOKafkaAdminClient:
        if self._admin is None:
            admin = Admin(bootstrap_servers=self._kafka.bootstrap)
            try:
                await admin.start()
            except BaseException:
                await admin.close()
                raise
            self._admin = admin
        return self._admin

    @asynccontextmanager
    async def _asking(self, about: str = "") -> AsyncIterator[AIOKafkaAdminClient]:
        """Give the client, connected; what it raises is ServerAway."""
        with translating_errors(self._kafka, about):
            yield await self._client()

    async def names(self) -> set[str]:
        """Return the names of all topics.

        Raises ServerAway when no broker answers.
        """
        async with self._asking() as admin:
            return set(await admin.list_topics())

    async def lanes(self, names: Iterable[str] | None = None) -> dict[str, int]:
        """Return how many partitions topics have, all topics or those of `names`.

        One that a broker does not know has 0, and is not made by being asked for. Raises ServerAway
        when no broker answers.
        """
        wanted = None if names is None else list(names)
        request = MetadataRequest(wanted, allow_auto_topic_creation=False)
        async with self._asking() as admin:
            answer = await send_request(admin, request)
        return {topic: len(partitions) for _, topic, _, partitions in answer.topics}

    async def ids(self, names: Iterable[str]) -> dict[str, str]:
        """Return the ids of those topics that there are, empty where Kafka gives topics none.

        Raises ServerAway when no broker answers.
        """
        async with self._asking() as admin:
            return await read_ids(admin, names)

    async def ensure(self, names: Iterable[str], compacted: bool = False) -> None:
        """Create topics as `create` does, none of which can be done without.

        Raises ServerAway when no broker answers, or refuses one of them.
        """
        for why in (await self.create(names, compacted)).values():
            raise away(self._kafka, why)

    async def create(self, names: Iterable[str], compacted: bool = False) -> dict[str, str]:
        """Create the topics that are missing, and the lanes and the limit that a topic lacks.

        Topics made by somebody else, or before `topics.lanes` was raised, may have fewer, and take
        shorter batches than `topics.max_message_bytes`, or be `compacted` seldom.
        Returns those that Kafka refuses while it takes others, each with why: the name, a policy or
        the rights are against it. Raises ServerAway when no broker answers.
        """
        missing = set(names) - self._limits.keys()
        if not missing:
            return {}
        there, refused = await self._make(missing, compacted)
        limits = dict.fromkeys(missing - refused.keys(), self._topics.max_message_bytes)
        if there:
            await self._widen(there)
            limits |= await self._raise(there)
        if there and compacted:
            async with self._asking() as admin:
                await put_right(admin, there, self._compaction)
        self._limits |= limits
        return refused

    def forget(self, names: Iterable[str]) -> None:
        """Forget that topics are there: somebody may have deleted them."""
        for name in names:
            self._limits.pop(name, None)

    def limit(self, topic: str) -> int:
        """Return the longest batch, hence record, that a topic takes which was ensured, bytes."""
        return self._limits[topic]

    async def _make(self, names: set[str], compacted: bool) -> tuple[set[str], dict[str, str]]:
        """Create topics; return those that exist already, and those refused, each with why."""
        topics = self._topics
        config = {LIMIT: str(topics.max_message_bytes)}
        if compacted:
            config |= self._compaction
        elif topics.retention_hours:
            config["retention.ms"] = str(int(topics.retention_hours * 3_600_000))
        async with self._asking() as admin:
            answer = await admin.create_topics(
                [
                    NewTopic(name, topics.lanes, topics.replication, topic_configs=config)
                    for name in sorted(names)
                ]
            )
        there, refused = set(), dict[str, str]()
        for name, code, *detail in answer.topic_errors:
            if code == TopicAlreadyExistsError.errno:
                there.add(name)
            elif code:
                why = f"topic {name} was not created: {detail[0] if detail else for_code(code)()}"
                if not is_of_topic(for_code(code)()):
                    raise away(self._kafka, why)
                refused[name] = why
        return there, refused

    async def _raise(self, names: set[str]) -> dict[str, int]:
        async with self._asking() as admin:
            return await raise_limits(admin, names, self._topics.max_message_bytes)

    async def _widen(self, names: set[str]) -> None:
        lanes = self._topics.lanes
        for name, has in (await self.lanes(names)).items():
            # 0 is a topic that this broker does not know yet.
            if not 0 < has < lanes:
                continue
            few = f"topic {name} has {has} partitions and got no more"
            async with self._asking(few) as admin:
                try:
                    await admin.create_partitions({name: NewPartitions(lanes)})
                except InvalidPartitionsError:
                    continue  # Another worker was first.
                except KafkaError as error:
                    if not is_of_topic(error):
                        raise
                    log.error("Topic %s has %d partitions and got no more: %r", name, has, error)
                    continue
            log.warning("Topic %s had %d partitions: made %d (topics.lanes)", name, has, lanes)

    async def delete(self, prefix: str) -> None:
        """Delete the topics whose names begin with `prefix`, and forget them."""
        names = [name for name in await self.names() if name.startswith(prefix)]
        if names:
            async with self._asking() as admin:
                await admin.delete_topics(names)
        self.forget(names)
