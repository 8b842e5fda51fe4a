"""All records of the topics, some lanes at a time, for a thread that reads them."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from elfaust.audit import topics
from elfaust.audit.topics import Lanes, lanes_of
from elfaust.delivery.batch import SOURCE_HEADER
from elfaust.errors import ServerAway
from elfaust.records import Source
from elfaust.settings import Settings

SETTINGS = Settings()
ERRORS, CLIENT, SERVER = (
    "eventlogging_EventError",
    "eventlogging-client-side",
    "eventlogging-server-side",
)
EDIT, FOO = "eventlogging_Edit_7", "eventlogging_Foo_1"


CANCELLED = (asyncio.CancelledError, concurrent.futures.CancelledError)


def fetched(offset: int, value: bytes = b"value") -> Any:
    """Return a record as a consumer gives it."""
    headers = [(SOURCE_HEADER, b"raw:%d" % (offset + 5))]
    return SimpleNamespace(
        topic="t",
        partition=0,
        offset=offset,
        value=value,
        key=None,
        timestamp=2 * 10**12,
        headers=headers,
    )


class Kafka:
    """Topics in memory: the consumer and the admin of the module under test."""

    def __init__(self) -> None:
        self.held: dict[TopicPartition, tuple[int, list[Any]]] = {}
        self.assigned: list[set[TopicPartition]] = []
        self.at: dict[TopicPartition, int] = {}
        self.fails = ""
        self.stopped = self.closed = 0
        #: Records that each fetch brings of a lane.
        self.at_once = 3
        #: What a consumer asks for the metadata of topics.
        self._client = self

    def has(self, topic: str, *lanes: int, first: int = 0) -> None:
        for lane, number in enumerate(lanes):
            records = [fetched(offset) for offset in range(first, first + number)]
            self.held[TopicPartition(topic, lane)] = (first, records)

    async def _maybe_fail(self, what: str) -> None:
        await asyncio.sleep(0)
        if self.fails == what:
            raise KafkaConnectionError("refused")

    async def lanes(self) -> dict[str, int]:
        if self.fails == "lanes":
            raise ServerAway("Kafka", "refused")
        names = [lane.topic for lane in self.held]
        return {name: names.count(name) for name in names}

    async def __aenter__(self) -> Kafka:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.closed += 1

    async def start(self) -> None:
        await self._maybe_fail("start")

    async def stop(self) -> None:
        self.stopped += 1

    async def set_topics(self, topics: set[str]) -> None:
        assert topics

    async def beginning_offsets(self, lanes: list[TopicPartition]) -> dict[TopicPartition, int]:
        assert lanes
        return {lane: self.held[lane][0] for lane in lanes}

    async def end_offsets(self, lanes: list[TopicPartition]) -> dict[TopicPartition, int]:
        await self._maybe_fail("end_offsets")
        return {lane: self.held[lane][0] + len(self.held[lane][1]) for lane in lanes}

    def assign(self, lanes: set[TopicPartition]) -> None:
        self.assigned.append(set(lanes))
        self.at = {lane: self.held[lane][0] for lane in lanes}

    async def getmany(self, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        await self._maybe_fail("getmany")
        found = {}
        for lane, at in self.at.items():
            records = [of for of in self.held[lane][1] if of.offset >= at][: self.at_once]
            if records:
                found[lane] = records
                self.at[lane] = records[-1].offset + 1
        return found

    async def position(self, lane: TopicPartition) -> int:
        return self.at[lane]


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kafka]:
    kafka = Kafka()
    monkeypatch.setattr(topics, "AIOKafkaConsumer", lambda **_: kafka)
    monkeypatch.setattr(topics, "TopicAdmin", lambda _: kafka)
    yield kafka
    assert kafka.closed == 1


async def read() -> list[Any]:
    async with lanes_of(SETTINGS) as lanes:
        return await asyncio.to_thread(list, lanes)


async def test_lanes_come_errors_first_then_raw_ones_then_events(kafka: Kafka) -> None:
    for topic in (FOO, "somebody_else_s", EDIT, SERVER, ERRORS, CLIENT):
        kafka.has(topic, 1, 2)
    assert [(of.topic, of.lane, len(of.records)) for of in await read()] == [
        (topic, lane, lane + 1) for topic in (ERRORS, CLIENT, SERVER, EDIT, FOO) for lane in (0, 1)
    ]
    assert kafka.stopped == 1


async def test_records_are_whole_but_for_the_values_of_raw_ones(kafka: Kafka) -> None:
    kafka.has(CLIENT, 7)
    kafka.has(EDIT, 0, 7, first=40)
    raw, empty, events = await read()
    assert [of.value for of in raw.records] == [b""] * 7
    assert empty.records == []
    assert [(of.offset, of.value, of.source) for of in events.records] == [
        (offset, b"value", Source("raw", offset + 5)) for offset in range(40, 47)
    ]
    assert kafka.assigned == [{TopicPartition(CLIENT, 0), TopicPartition(EDIT, 1)}]


async def test_what_comes_while_it_is_read_is_left_out(kafka: Kafka) -> None:
    kafka.has(EDIT, 4)
    async with lanes_of(SETTINGS) as lanes:
        kafka.has(EDIT, 9)
        assert (lanes.records, lanes.topics) == (4, {EDIT})
        [edit] = await asyncio.to_thread(list, lanes)
        assert [record.offset for record in edit.records] == [0, 1, 2, 3]


async def test_what_kafka_has_removed_counts_for_nothing(kafka: Kafka) -> None:
    kafka.has(EDIT, 3, first=1_000)
    async with lanes_of(SETTINGS) as lanes:
        assert lanes.records == 3


@pytest.mark.parametrize(
    ("together", "groups"),
    [(1, [5, 3, 4]), (5, [5, 3, 4]), (7, [5, 7]), (8, [8, 4]), (11, [8, 4]), (12, [12])],
)
async def test_lanes_are_read_together_up_to_a_number_of_records(
    kafka: Kafka, monkeypatch: pytest.MonkeyPatch, together: int, groups: list[int]
) -> None:
    monkeypatch.setattr(topics, "TOGETHER", together)
    kafka.has(EDIT, 5, 3, 4, first=1_000)
    assert [len(of.records) for of in await read()] == [5, 3, 4]
    ends = {lane: len(records) for lane, (_, records) in kafka.held.items()}
    assert [sum(ends[lane] for lane in of) for of in kafka.assigned] == groups


async def test_they_can_be_read_again(kafka: Kafka) -> None:
    kafka.has(EDIT, 5, 3)
    async with lanes_of(SETTINGS) as lanes:
        first = await asyncio.to_thread(list, lanes)
        assert await asyncio.to_thread(list, lanes) == first
        assert [len(of.records) for of in first] == [5, 3]


async def test_without_topics_there_are_no_lanes(kafka: Kafka) -> None:
    kafka.has("somebody_else_s", 3)
    assert await read() == []


async def test_one_who_stops_reading_is_let_go(kafka: Kafka) -> None:
    kafka.has(EDIT, 5, 3)

    def first(lanes: Lanes) -> int:
        return next(iter(lanes)).lane

    async with lanes_of(SETTINGS) as lanes:
        assert await asyncio.to_thread(first, lanes) == 0
    assert lanes.over


async def test_a_reader_that_waits_ends_with_the_connection(kafka: Kafka) -> None:
    kafka.has(EDIT, 5)
    kafka.at_once = 0
    async with lanes_of(SETTINGS) as lanes:
        reading = asyncio.create_task(asyncio.to_thread(list, lanes))
        while not kafka.assigned:
            await asyncio.sleep(0)
    with pytest.raises(CANCELLED):
        await reading
    assert kafka.stopped == 1


@pytest.mark.parametrize("fails", ["start", "end_offsets", "getmany"])
async def test_a_broker_that_is_away_is_told(kafka: Kafka, fails: str) -> None:
    kafka.has(EDIT, 5)
    kafka.fails = fails
    with pytest.raises(ServerAway, match=r"Kafka 127.0.0.1:9092 .*refused"):
        await read()
    assert kafka.stopped == 1


async def test_a_broker_that_goes_away_while_it_is_read_is_told(kafka: Kafka) -> None:
    kafka.has(EDIT, 5)
    kafka.at_once = 0
    settings = replace(SETTINGS, kafka=replace(SETTINGS.kafka, request_timeout=0.01))
    with pytest.raises(ServerAway, match=r"no answer for 0.01 s"):
        async with lanes_of(settings) as lanes:
            await asyncio.to_thread(list, lanes)
    assert kafka.stopped == 1


async def test_one_that_tells_no_topics_is_told(kafka: Kafka) -> None:
    kafka.fails = "lanes"
    with pytest.raises(ServerAway):
        await read()


async def test_topics_of_which_kafka_has_let_records_go_are_told(kafka: Kafka) -> None:
    kafka.has(EDIT, 0, 7, first=40)
    kafka.has(FOO, 3)
    async with lanes_of(Settings()) as lanes:
        assert lanes.older == {EDIT: 80}
