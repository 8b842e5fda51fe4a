"""Topics: their names by the formats of faust.conf, what exists, and creating what is missing."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import (
    InvalidPartitionsError,
    KafkaError,
    TopicAlreadyExistsError,
    for_code,
)

from elfaust.delivery.broker_errors import is_of_topic
from elfaust.delivery.topic_limits import LIMIT, raise_limits
from elfaust.errors import ServerAway
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
        self._settings = settings
        self._admin: AIOKafkaAdminClient | None = None
        #: The longest batch that each topic takes which was ensured, bytes.
        self._limits: dict[str, int] = {}

    async def _client(self) -> AIOKafkaAdminClient:
        if self._admin is None:
            admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.kafka.bootstrap)
            try:
                await admin.start()
            except KafkaError as error:
                await admin.close()
                raise ServerAway(f"Kafka {self._settings.kafka.bootstrap}", str(error)) from error
            self._admin = admin
        return self._admin

    async def names(self) -> set[str]:
        """Return the names of all topics.

        Raises ServerAway when no broker answers.
        """
        admin = await self._client()
        try:
            return set(await admin.list_topics())
        except KafkaError as error:
            raise ServerAway(f"Kafka {self._settings.kafka.bootstrap}", str(error)) from error

    async def lanes(self, names: Iterable[str] | None = None) -> dict[str, int]:
        """Return how many partitions topics have, all topics or those of `names`.

        Raises ServerAway when no broker answers.
        """
        admin = await self._client()
        try:
            topics = await admin.describe_topics(None if names is None else list(names))
        except KafkaError as error:
            raise ServerAway(f"Kafka {self._settings.kafka.bootstrap}", str(error)) from error
        return {topic["topic"]: len(topic["partitions"]) for topic in topics}

    async def ensure(self, names: Iterable[str], compacted: bool = False) -> None:
        """Create topics as `create` does, none of which can be done without.

        Raises ServerAway when no broker answers, or one of them is not to be had.
        """
        for why in (await self.create(names, compacted)).values():
            raise ServerAway(f"Kafka {self._settings.kafka.bootstrap}", why)

    async def create(self, names: Iterable[str], compacted: bool = False) -> dict[str, str]:
        """Create the topics that are missing, and the lanes and the limit that a topic lacks.

        Topics made by somebody else, or before `topics.lanes` was raised, may have fewer, and take
        shorter batches than `topics.max_message_bytes`.
        Returns those that are not to be had, while others are, each with why: the name, a policy or
        the rights are against it. Raises ServerAway when no broker answers.
        """
        missing = set(names) - self._limits.keys()
        if not missing:
            return {}
        topics = self._settings.topics
        config = {LIMIT: str(topics.max_message_bytes)}
        if compacted:
            config["cleanup.policy"] = "compact"
        new = [
            NewTopic(name, topics.lanes, topics.replication, topic_configs=config)
            for name in sorted(missing)
        ]
        admin = await self._client()
        try:
            answer = await admin.create_topics(new)
        except KafkaError as error:
            raise ServerAway(f"Kafka {self._settings.kafka.bootstrap}", str(error)) from error
        there, refused = set(), dict[str, str]()
        for name, code, *detail in answer.topic_errors:
            if code == TopicAlreadyExistsError.errno:
                there.add(name)
            elif code:
                why = f"topic {name} was not created: {detail[0] if detail else for_code(code)()}"
                if not is_of_topic(for_code(code)()):
                    raise ServerAway(f"Kafka {self._settings.kafka.bootstrap}", why)
                refused[name] = why
        limits = dict.fromkeys(missing - refused.keys(), topics.max_message_bytes)
        if there:
            await self._widen(there)
            limits |= await self._raise(there)
        self._limits |= limits
        return refused

    def limit(self, topic: str) -> int:
        """Return the longest batch, hence record, that a topic takes which was ensured, bytes."""
        return self._limits[topic]

    async def _raise(self, names: set[str]) -> dict[str, int]:
        least, admin = self._settings.topics.max_message_bytes, await self._client()
        try:
            return await raise_limits(admin, names, least)
        except KafkaError as error:
            raise ServerAway(f"Kafka {self._settings.kafka.bootstrap}", str(error)) from error

    async def _widen(self, names: set[str]) -> None:
        lanes, admin = self._settings.topics.lanes, await self._client()
        for name, has in (await self.lanes(names)).items():
            # 0 is a topic that this broker does not know yet.
            if not 0 < has < lanes:
                continue
            try:
                await admin.create_partitions({name: NewPartitions(lanes)})
            except InvalidPartitionsError:
                continue  # Another worker was first.
            except KafkaError as error:
                if is_of_topic(error):
                    log.error("Topic %s has %d partitions and got no more: %r", name, has, error)
                    continue
                detail = f"topic {name} has {has} partitions and got no more: {error}"
                raise ServerAway(f"Kafka {self._settings.kafka.bootstrap}", detail) from error
            log.warning("Topic %s had %d partitions: made %d (topics.lanes)", name, has, lanes)

    async def delete(self, prefix: str) -> None:
        """Delete the topics whose names begin with `prefix`, and forget them."""
        names = [name for name in await self.names() if name.startswith(prefix)]
        if names:
            await (await self._client()).delete_topics(names)
        for name in names:
            self._limits.pop(name, None)

    async def close(self) -> None:
        """Close the connection to the brokers."""
        if self._admin is not None:
            await self._admin.close()
            self._admin = None
