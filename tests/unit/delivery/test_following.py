"""Topics that are followed: where each lane begins, and what becomes of new ones."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import Any, NamedTuple, Self

import pytest
from aiokafka import TopicPartition

from elfaust.delivery import following
from elfaust.errors import ServerAway
from elfaust.records import Record
from elfaust.settings import Settings

BASE = Settings()
QUICK = replace(BASE, topics=replace(BASE.topics, discover_interval=0.001))
TIME = 1_600_000_000_000


class Enough(Exception):
    """The test has seen what it wants to see."""


class Fetched(NamedTuple):
    topic: str
    partition: int
    offset: int
    timestamp: int
    value: bytes = b""
    headers: tuple[()] = ()


class Kafka:
    """Topics of one lane, as records' times; stands for the consumer and the admin."""

    def __init__(self, **topics: list[int]) -> None:
        self.topics = topics
        self.at: dict[TopicPartition, int] = {}
        self.looks = 0
        self.away: tuple[int, ...] = ()

    def __call__(self, *_: object, **options: object) -> Kafka:
        assert "group_id" not in options
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def lanes(self) -> dict[str, int]:
        self.looks += 1
        if self.looks > 20:
            raise Enough
        if self.looks in self.away:
            raise ServerAway("Kafka", "away")
        return dict.fromkeys(self.topics, 1)

    async def beginning_offsets(self, lanes: set[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(lanes, 0)

    async def end_offsets(self, lanes: set[TopicPartition]) -> dict[TopicPartition, int]:
        return {lane: len(self.topics[lane.topic]) for lane in lanes}

    async def offsets_for_times(self, times: dict[TopicPartition, int]) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for lane, since in times.items():
            later = [n for n, time in enumerate(self.topics[lane.topic]) if time >= since]
            found[lane] = Fetched(lane.topic, 0, later[0], 0) if later else None
        return found

    def assign(self, lanes: list[TopicPartition]) -> None:
        self.at = {}

    def seek(self, lane: TopicPartition, offset: int) -> None:
        self.at[lane] = offset

    async def getmany(self, **_: object) -> dict[TopicPartition, list[Fetched]]:
        found = {}
        for lane, at in self.at.items():
            times = self.topics[lane.topic][at:]
            if times:
                found[lane] = [Fetched(lane.topic, 0, n, time) for n, time in enumerate(times, at)]
                self.at[lane] += len(times)
        return found


async def followed(
    kafka: Kafka,
    monkeypatch: pytest.MonkeyPatch,
    since: int | None = None,
    told: list[ServerAway] | None = None,
) -> list[Record]:
    """Follow until the admin has been asked so often, and a topic more after the tenth time."""
    monkeypatch.setattr(following, "AIOKafkaConsumer", kafka)
    monkeypatch.setattr(following, "TopicAdmin", kafka)
    monkeypatch.setattr(following, "WAIT_MS", 1)
    monkeypatch.setattr(following, "RETRY_SECONDS", 0.0)
    tell = None if told is None else told.append
    found: list[Record] = []

    async def follow() -> None:
        stream = following.follow(QUICK, lambda topic: topic != "other", since, tell)
        async with aclosing(stream):
            async for records in stream:
                found.extend(records)
                kafka.topics["made"] = [TIME + 9]
                kafka.topics["a"] = [*kafka.topics["a"][:3], TIME + 8]

    with pytest.raises(Enough):
        await follow()
    return found


async def test_it_begins_at_a_time_and_follows_what_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kafka = Kafka(a=[TIME, TIME + 2, TIME + 4], b=[TIME + 3], other=[TIME + 3])
    found = await followed(kafka, monkeypatch, TIME + 1)
    shown = [(of.topic, of.timestamp - TIME) for of in found]
    assert shown[:3] == [("a", 2), ("b", 3), ("a", 4)]
    assert sorted(shown[3:]) == [("a", 8), ("made", 9)]


async def test_what_is_there_already_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    kafka = Kafka(a=[TIME, TIME + 2, TIME + 4])
    assert await followed(kafka, monkeypatch) == []


async def test_what_is_there_ends_where_the_lanes_do(monkeypatch: pytest.MonkeyPatch) -> None:
    kafka = Kafka(a=[TIME, TIME + 2, TIME + 4], b=[TIME + 3], other=[TIME + 3])
    monkeypatch.setattr(following, "AIOKafkaConsumer", kafka)
    monkeypatch.setattr(following, "TopicAdmin", kafka)
    there = following.what_is_there(QUICK, lambda topic: topic != "other", TIME + 1)
    found = [[record.timestamp - TIME for record in records] async for records in there]
    assert found == [[2, 3, 4]]


async def test_it_goes_on_where_it_was_when_kafka_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    kafka, told = Kafka(a=[TIME, TIME + 2, TIME + 4]), list[ServerAway]()
    kafka.away = (2, 3, 4, 9)
    found = await followed(kafka, monkeypatch, TIME, told)
    assert sorted(of.timestamp - TIME for of in found) == [0, 2, 4, 8, 9]
    assert len(told) == 2


async def test_what_is_far_behind_is_skipped_and_a_catch_up_that_fails_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kafka = Kafka(a=[TIME])
    monkeypatch.setattr(following, "AIOKafkaConsumer", kafka)
    monkeypatch.setattr(following, "TopicAdmin", kafka)
    found = following.Following(QUICK, lambda _: True, following.last(lambda *_: 9))
    async with found.connected():
        await found.look_for_topics()
        await found.skip(lambda *_: 2)
        assert len(await found.catch_up()) == 1
        kafka.topics["a"] += range(TIME + 1, TIME + 6)
        await found.skip(lambda *_: 2)
        fetch = kafka.getmany

        async def fails(**_: object) -> dict[TopicPartition, list[Fetched]]:
            kafka.topics["a"].append(TIME + 6)
            if len(kafka.topics["a"]) > 7:
                raise ServerAway("Kafka", "away")
            return await fetch()

        monkeypatch.setattr(kafka, "getmany", fails)
        monkeypatch.setattr(kafka, "end_offsets", lambda lanes: ends(lanes, 8))
        with pytest.raises(ServerAway):
            await found.catch_up()
    monkeypatch.undo()
    monkeypatch.setattr(following, "AIOKafkaConsumer", kafka)
    monkeypatch.setattr(following, "TopicAdmin", kafka)
    async with found.connected():
        await found.look_for_topics()
        came = await found.catch_up()
    assert [of.timestamp - TIME for of in came] == [4, 5, 6, 6]


async def ends(lanes: set[TopicPartition], end: int) -> dict[TopicPartition, int]:
    return dict.fromkeys(lanes, end)


async def test_kafka_that_is_away_at_first_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    kafka = Kafka(a=[TIME])
    kafka.away = (1,)
    with pytest.raises(ServerAway):
        await followed(kafka, monkeypatch, TIME, [])
