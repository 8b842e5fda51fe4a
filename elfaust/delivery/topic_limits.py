"""`max.message.bytes` of topics: how long a batch of records Kafka takes, and raising it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.protocol.admin import AlterConfigsResponse_v0
from aiokafka.protocol.api import Request, RequestStruct
from aiokafka.protocol.types import Array, Boolean, Int8, Schema, String

from elfaust.delivery.privates import send_request
from elfaust.quiet import OnceAMinute

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute())

LIMIT = "max.message.bytes"
#: What Kafka takes where nobody has said otherwise.
KAFKAS_OWN = 1_048_588
#: How often a broker is asked for topics that it does not know, and how long it is left alone.
TRIES, PAUSE_SECONDS = 20, 0.1
_SET = 0
_UNKNOWN_TOPIC = UnknownTopicOrPartitionError.errno


class _Response(AlterConfigsResponse_v0):  # type: ignore[misc]
    API_KEY = 44


class _Request0(RequestStruct):  # type: ignore[misc]
    API_KEY, API_VERSION, RESPONSE_TYPE = 44, 0, _Response
    SCHEMA = Schema(
        (
            "resources",
            Array(
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
                (
                    "configs",
                    Array(
                        ("name", String("utf-8")),
                        ("operation", Int8),
                        ("value", String("utf-8")),
                    ),
                ),
            ),
        ),
        ("validate_only", Boolean),
    )


class IncrementalAlterConfigs(Request[_Request0]):  # type: ignore[misc]
    """Sets one thing of topics. aiokafka has only the request that resets all others as well."""

    API_KEY = 44

    def __init__(self, topics: Iterable[str], name: str, value: str) -> None:
        self._resources = [
            (int(ConfigResourceType.TOPIC), topic, [(name, _SET, value)]) for topic in topics
        ]

    def build(self, request_class: Any) -> Any:
        """Return the request of a version."""
        return request_class(self._resources, False)


async def read_limits(admin: Any, topics: Iterable[str]) -> dict[str, int]:
    """Return the longest batch that each topic takes, bytes; without those that Kafka hides.

    A broker may not know yet what another client has just created: it is asked again for a while.
    """
    limits: dict[str, int] = {}
    left, tries = set(topics), TRIES
    while left and tries:
        wanted = {LIMIT: None}
        resources = [ConfigResource(ConfigResourceType.TOPIC, topic, wanted) for topic in left]
        found = await admin.describe_configs(resources)
        answers = [resource for answer in found for resource in answer.resources]
        limits |= {
            name: int(entry[1])
            for code, _, _, name, entries in answers
            if code == 0
            for entry in entries
            if entry[0] == LIMIT
        }
        left = {name for code, _, _, name, _ in answers if code == _UNKNOWN_TOPIC}
        tries -= 1
        if left and tries:
            await asyncio.sleep(PAUSE_SECONDS)
    return limits


async def raise_limits(admin: Any, topics: Iterable[str], least: int) -> dict[str, int]:
    """Have topics take batches of `least` bytes; return what each of them takes.

    A topic that Kafka does not let this client alter keeps its limit, and one whose limit it does
    not tell is taken for one of Kafka's own: the log says so.
    """
    limits = dict.fromkeys(topics, KAFKAS_OWN)
    reported = await read_limits(admin, limits)
    if hidden := sorted(limits.keys() - reported.keys()):
        log.warning("%s cannot be read of %s: taken for %d", LIMIT, hidden, KAFKAS_OWN)
    limits |= reported
    small = sorted(topic for topic, limit in reported.items() if limit < least)
    if small:
        request = IncrementalAlterConfigs(small, LIMIT, str(least))
        altered = await send_request(admin, request)
        limits |= _altered({topic: reported[topic] for topic in small}, altered.resources, least)
    return limits


def _altered(before: Mapping[str, int], answers: Any, least: int) -> dict[str, int]:
    limits = {}
    for code, detail, _, topic in answers:
        if code:
            log.error(
                "Topic %s takes batches of %d bytes (topics.max_message_bytes is %d) and was not "
                "altered: %s",
                *(topic, before[topic], least, detail or code),
            )
        else:
            log.warning("%s of topic %s was %d: made %d", LIMIT, topic, before[topic], least)
            limits[topic] = least
    return limits
