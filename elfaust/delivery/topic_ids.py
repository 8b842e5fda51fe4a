"""Topics' ids, which tell a topic from one of the same name that was made after it was deleted.

aiokafka asks for metadata of topics up to version 5, which has none. Kafka tells ids since 2.8
(KIP-516), in version 10; protocol: https://kafka.apache.org/protocol#The_Messages_Metadata.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from aiokafka.errors import IncompatibleBrokerVersion, UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from elfaust.delivery.privates import send_request

ID_BYTES = 16
#: What stands for no id: a topic that is asked for by its name, or that has none.
NONE = bytes(ID_BYTES)
_END = ("tags", TaggedFields)
_METADATA, _VERSION = 3, 10
#: The answer for a topic that is not there, or is being deleted.
_UNKNOWN_TOPIC = UnknownTopicOrPartitionError.errno


class _Uuid(AbstractType[bytes]):  # type: ignore[misc]
    """16 bytes, which aiokafka has no type for."""

    @classmethod
    def encode(cls, value: bytes) -> bytes:
        """Return the bytes themselves."""
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        """Return the next 16 bytes."""
        value = data.read(ID_BYTES)
        if len(value) != ID_BYTES:
            raise ValueError("not enough bytes for an id")
        return value


class _Response(Response):  # type: ignore[misc]
    API_KEY, API_VERSION = _METADATA, _VERSION
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString()),
                ("port", Int32),
                ("rack", CompactString()),
                _END,
            ),
        ),
        ("cluster_id", CompactString()),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString()),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline", CompactArray(Int32)),
                        _END,
                    ),
                ),
                ("operations", Int32),
                _END,
            ),
        ),
        ("operations", Int32),
        _END,
    )


class _Request10(RequestStruct):  # type: ignore[misc]
    API_KEY, API_VERSION, RESPONSE_TYPE = _METADATA, _VERSION, _Response
    FLEXIBLE_VERSION = True
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("name", CompactString()), _END)),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        _END,
    )


class Metadata(Request[_Request10]):  # type: ignore[misc]
    """Asks what topics are, their ids among it."""

    API_KEY = _METADATA

    def __init__(self, topics: Iterable[str]) -> None:
        self._topics: list[tuple[bytes, str, dict[int, bytes]]] = [
            (NONE, topic, {}) for topic in topics
        ]

    def build(self, request_class: Any) -> Any:
        """Return the request of a version."""
        return request_class(self._topics, False, False, False, {})


async def read_ids(admin: Any, topics: Iterable[str]) -> dict[str, str]:
    """Return the ids of those topics that there are, as Kafka's own tools print them.

    They are empty where the brokers give topics none: older than 2.8, or not upgraded to that
    (`inter.broker.protocol.version`). Raises aiokafka's errors where a broker cannot tell.
    """
    wanted = set(topics)
    try:
        answer = await send_request(admin, Metadata(wanted))
    except (IncompatibleBrokerVersion, NotImplementedError):
        return dict.fromkeys(wanted, "")
    ids = {}
    for code, name, number, *_ in answer.topics:
        if code == 0:
            ids[name] = "" if number == NONE else as_text(number)
        elif (error := for_code(code)).retriable and error.errno != _UNKNOWN_TOPIC:
            raise error(name)
    return ids


def as_text(number: bytes) -> str:
    """Return an id as Kafka's own tools print it: base 64 for URLs, 22 characters."""
    return urlsafe_b64encode(number).decode().rstrip("=")
