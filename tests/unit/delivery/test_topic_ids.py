"""Topics' ids, as a broker tells them in Metadata, version 10."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from aiokafka.errors import LeaderNotAvailableError

from elfaust.delivery import topic_ids
from elfaust.delivery.topic_ids import Metadata, read_ids

ID = bytes(range(16))
UNKNOWN, AWAY = 3, 5


class Broker:
    """A broker of some versions of Metadata, whose answer goes over the wire."""

    def __init__(self, *topics: tuple[int, str, bytes], versions: tuple[int, int] = (0, 13)):
        self.topics, self.versions = topics, versions

    async def _send_request(self, request: Metadata) -> Any:
        struct = request.prepare({3: self.versions})
        asked = type(struct).decode(BytesIO(struct.encode()))
        assert [topic[:2] for topic in asked.topics] == [(bytes(16), "a")]
        assert not asked.allow_auto_topic_creation
        lane: Any = (0, 0, 1, 0, [1], [1], [], {})
        topics: list[Any] = [(*topic, False, [lane], 0, {}) for topic in self.topics]
        response = struct.RESPONSE_TYPE
        answer = response(0, [(1, "h", 9092, None, {})], "cluster", 1, topics, 0, {})
        return response.decode(BytesIO(answer.encode()))


async def test_an_id_is_as_kafkas_own_tools_print_it() -> None:
    assert await read_ids(Broker((0, "a", ID)), ["a"]) == {"a": "AAECAwQFBgcICQoLDA0ODw"}


async def test_a_topic_that_is_not_there_has_none() -> None:
    assert await read_ids(Broker((UNKNOWN, "a", bytes(16))), ["a"]) == {}


async def test_brokers_without_ids_give_empty_ones() -> None:
    assert await read_ids(Broker((0, "a", bytes(16))), ["a"]) == {"a": ""}
    assert await read_ids(Broker(versions=(0, 9)), ["a"]) == {"a": ""}


async def test_a_topic_of_which_a_broker_cannot_tell_is_asked_for_again() -> None:
    with pytest.raises(LeaderNotAvailableError):
        await read_ids(Broker((AWAY, "a", ID)), ["a"])


def test_too_few_bytes_are_no_id() -> None:
    with pytest.raises(ValueError, match="not enough"):
        topic_ids._Uuid.decode(BytesIO(b"short"))
