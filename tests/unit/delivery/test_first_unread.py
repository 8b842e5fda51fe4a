"""The age of the first unread record: one record a place, each asked for once."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from aiokafka import TopicPartition

from elfaust.delivery import first_unread
from elfaust.delivery.first_unread import FirstUnread, Place
from elfaust.delivery.lag import LaneLag, _age

A, B = TopicPartition("a", 0), TopicPartition("b", 1)
NOW = 1_800_000_000.0


class Fetched(NamedTuple):
    timestamp: int


class Consumer:
    """Has a record at each offset of some lanes, with its time in ms."""

    def __init__(self, times: dict[Place, int]) -> None:
        self.times = times
        self.assigned: list[TopicPartition] = []
        self.at: dict[TopicPartition, int] = {}
        self.paused: set[TopicPartition] = set()
        self.fetched: list[Place] = []

    def assign(self, lanes: list[TopicPartition]) -> None:
        self.assigned, self.paused = lanes, set()

    def assignment(self) -> list[TopicPartition]:
        return self.assigned

    def seek(self, lane: TopicPartition, offset: int) -> None:
        self.at[lane] = offset

    def pause(self, *lanes: TopicPartition) -> None:
        self.paused.update(lanes)

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[Any, list[Fetched]]:
        for lane in self.assigned:
            place = Place(lane, self.at[lane])
            if lane not in self.paused and place in self.times:
                self.fetched.append(place)
                self.at[lane] += 1
                return {lane: [Fetched(self.times[place])]}
        return {}


async def test_each_place_is_fetched_once_however_many_roles_wait_in_a_lane() -> None:
    places = {Place(A, 3): 1_700_000_000_000, Place(A, 7): 1_700_000_500_000, Place(B, 0): 10**12}
    consumer = Consumer(places)
    first = FirstUnread(consumer, lambda: NOW)
    expected = {place: ms / 1000 for place, ms in places.items()}
    assert await first.since(places) == expected
    assert await first.since(places) == expected
    assert sorted(consumer.fetched) == sorted(places)
    assert consumer.paused == {A, B}


@pytest.mark.parametrize("timestamp", [-1, 0, 86_400_000, int(NOW * 1000) + 86_400_000])
async def test_a_time_that_cannot_be_counts_from_when_it_was_first_seen(timestamp: int) -> None:
    clock = iter([NOW, NOW + 60])
    first = FirstUnread(Consumer({Place(A, 0): timestamp}), lambda: next(clock))
    assert await first.since([Place(A, 0)]) == {Place(A, 0): NOW}
    assert await first.since([Place(A, 0)]) == {Place(A, 0): NOW}


async def test_what_is_not_seen_in_time_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_unread, "LOOK_SECONDS", 0.01)
    first = FirstUnread(Consumer({Place(A, 0): 10**12}), lambda: NOW)
    assert await first.since([Place(A, 0), Place(B, 5)]) == {Place(A, 0): 10**9}


async def test_places_that_nobody_asks_for_are_forgotten() -> None:
    consumer = Consumer({Place(A, 0): 10**12, Place(A, 1): 10**12})
    first = FirstUnread(consumer, lambda: NOW)
    await first.since([Place(A, 0)])
    assert await first.since([Place(A, 1)]) == {Place(A, 1): 10**9}
    await first.since([Place(A, 0)])
    assert consumer.fetched == [Place(A, 0), Place(A, 1), Place(A, 0)]


def test_the_age_of_lanes_is_that_of_the_oldest_and_unknown_is_never_zero() -> None:
    read, late, later = (
        LaneLag("a", 0, "mysql", 5, 5),
        LaneLag("a", 1, "mysql", 5, 4),
        LaneLag("a", 2, "mysql", 9, 2),
    )
    since = {late.first_unread: NOW - 10, later.first_unread: NOW - 4}
    assert _age([read, late, later], since, NOW) == 10
    assert _age([read], {}, NOW) == 0
    assert _age([read, late, later], {late.first_unread: NOW - 10}, NOW) is None
    assert _age([late], {late.first_unread: NOW + 5}, NOW) == 0
