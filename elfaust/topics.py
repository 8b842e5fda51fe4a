"""Topics: their names by the formats of faust.conf, what exists, and creating what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from elfaust.errors import ServerAway
from elfaust.settings import Settings
from elfaust.types import SchemaKey


class TopicNames:
    """The names of topics, both ways."""

    def __init__(self, settings: Settings) -> None:
        self._topics = settings.topics
        pattern = re.escape(self._topics.event)
        pattern = pattern.replace(re.escape("{schema}"), r"(?P<schema>[A-Za-z0-9_-]{1,63})")
        pattern = pattern.replace(re.escape("{revision}"), r"(?P<revision>[0-9]+)")
        self._event = re.compile(pattern + r"\Z")

    @property
    def raw(self) -> tuple[str, str]:
        """The topics of raw lines."""
        return self._topics.raw_client, self._topics.raw_server

    @property
    def error(self) -> str:
        """The topic of events that were refused."""
        return self._topics.error

    def event(self, key: SchemaKey) -> str:
        """Return the topic of a schema revision."""
        return self._topics.event.format(schema=key.schema, revision=key.revision)

    def key(self, topic: str) -> SchemaKey | None:
        """Return the schema revision whose topic this is, None if it is another topic."""
        match = self._event.match(topic)
        if match is None or topic == self.error or topic in self.raw:
            return None
        return SchemaKey(match["schema"], int(match["revision"]))


class TopicAdmin:
    """Lists topics and creates those that are missing, all with `topics.lanes` partitions."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin: AIOKafkaAdminClient | None = None
        self._known: set[str] = set()

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

    async def ensure(self, names: Iterable[str], compacted: bool = False) -> None:
        """Create the topics that are missing.

        Raises ServerAway when no broker answers.
        """
        missing = set(names) - self._known
        if not missing:
            return
        topics = self._settings.topics
        config = {"cleanup.policy": "compact"} if compacted else {}
        new = [
            NewTopic(name, topics.lanes, topics.replication, topic_configs=config)
            for name in sorted(missing)
        ]
        admin = await self._client()
        try:
            answer = await admin.create_topics(new)
        except KafkaError as error:
            raise ServerAway(f"Kafka {self._settings.kafka.bootstrap}", str(error)) from error
        for name, code, *detail in answer.topic_errors:
            if code not in (0, TopicAlreadyExistsError.errno):
                raise ServerAway(
                    f"Kafka {self._settings.kafka.bootstrap}",
                    f"topic {name} was not created: {detail[0] if detail else code}",
                )
        self._known |= missing

    async def delete(self, prefix: str) -> None:
        """Delete the topics whose names begin with `prefix`, and forget them."""
        names = [name for name in await self.names() if name.startswith(prefix)]
        if names:
            await (await self._client()).delete_topics(names)
        self._known.difference_update(names)

    async def close(self) -> None:
        """Close the connection to the brokers."""
        if self._admin is not None:
            await self._admin.close()
            self._admin = None
