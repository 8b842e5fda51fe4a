"""What a record is given on its way out."""

from __future__ import annotations

import time
from typing import Any

import pytest

from elfaust.publish import AHEAD_MS, Publisher
from elfaust.settings import Settings
from elfaust.types import UNKNOWN_TIME, Outgoing


class Producer:
    """A producer that keeps the times of what it is given."""

    def __init__(self) -> None:
        self.times: list[int] = []

    async def partitions_for(self, topic: str) -> set[int]:
        return {0}

    def create_batch(self) -> Any:
        return self

    def append(self, *, timestamp: int, key: None, value: bytes, headers: object) -> object:
        self.times.append(timestamp)
        return object()

    def record_count(self) -> int:
        return len(self.times)

    async def send_batch(self, builder: Any, topic: str, partition: int) -> Any:
        async def acknowledged() -> Any:
            return type("Sent", (), {"offset": 0})

        return acknowledged()


class Admin:
    """Topics that are all there."""

    async def ensure(self, names: object) -> None:
        pass


@pytest.mark.parametrize(
    ("ahead", "kept"), [(-(10**10), True), (0, True), (AHEAD_MS // 2, True), (AHEAD_MS * 2, False)]
)
async def test_no_record_has_a_time_for_which_brokers_refuse_its_batch(
    ahead: int, kept: bool
) -> None:
    producer: Any = Producer()
    admin: Any = Admin()
    moment = int(time.time() * 1000) + ahead
    record = Outgoing("t", 0, b"x", moment, "raw", 1)
    await Publisher(Settings(), producer, admin).publish([record])
    assert producer.times == [moment if kept else UNKNOWN_TIME]
