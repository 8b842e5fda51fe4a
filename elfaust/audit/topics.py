"""All records of the pipeline's topics, some lanes at a time, for a thread that reads them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from elfaust.delivery import privates
from elfaust.delivery.batch import records_of
from elfaust.delivery.broker_errors import words
from elfaust.delivery.patience import Patience
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import ServerAway
from elfaust.names import TopicNames
from elfaust.records import Record
from elfaust.settings import Settings

#: Lanes are read together while they have no more records than this.
TOGETHER = 20_000


class Scanned(NamedTuple):
    """All records of one lane of a topic."""

    topic: str
    lane: int
    records: list[Record]


class Lanes(Iterable[Scanned]):
    """Lanes with their records: those of errors first, then raw ones, then events by topic.

    To be iterated, as often as needed, in another thread than that of the event loop. Values of raw
    records are left out.
    """

    def __init__(
        self,
        settings: Settings,
        consumer: AIOKafkaConsumer,
        sizes: Mapping[TopicPartition, tuple[int, int]],
    ) -> None:
        self._kafka = settings.kafka
        self._names = TopicNames(settings)
        self._consumer = consumer
        self._sizes = sizes
        self._loop = asyncio.get_running_loop()
        self.over = False

    @property
    def records(self) -> int:
        """How many offsets there are in all."""
        return sum(end - first for first, end in self._sizes.values())

    @property
    def topics(self) -> set[str]:
        """The topics."""
        return {lane.topic for lane in self._sizes}

    @property
    def older(self) -> dict[str, int]:
        """How many records Kafka keeps no more, of the topics of which it has let some go."""
        gone = Counter[str]()
        for lane, (first, _) in self._sizes.items():
            gone[lane.topic] += first
        return {topic: number for topic, number in gone.items() if number}

    def __iter__(self) -> Iterator[Scanned]:
        groups = self._read()
        try:
            while (group := self._wait(anext(groups, None))) is not None:
                while group:
                    yield group.pop(0)
        finally:
            if not self.over:
                self._wait(groups.aclose())

    def _wait(self, waited: Any) -> Any:
        async def run() -> Any:
            return await waited

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()

    async def _read(self) -> AsyncGenerator[list[Scanned]]:
        for group in _groups(self._sizes):
            yield [self._scanned(lane, found) for lane, found in (await self._fetch(group)).items()]

    def _scanned(self, lane: TopicPartition, fetched: list[Any]) -> Scanned:
        records = records_of(fetched)
        if lane.topic in self._names.raw:
            records = [record._replace(value=b"") for record in records]
        return Scanned(lane.topic, lane.partition, records)

    async def _fetch(self, lanes: list[TopicPartition]) -> dict[TopicPartition, list[Any]]:
        fetched: dict[TopicPartition, list[Any]] = {lane: [] for lane in lanes}
        behind = {lane for lane in lanes if self._sizes[lane][1] > self._sizes[lane][0]}
        if behind:
            self._consumer.assign(behind)
        patience = Patience(self._kafka)
        while behind:
            if self.over:
                raise asyncio.CancelledError
            async with patience.one_step():
                found = await self._consumer.getmany(timeout_ms=200)
                at = {of: await self._consumer.position(of) for of in behind}
            for lane, records in found.items():
                end = self._sizes[lane][1]
                fetched[lane] += [record for record in records if record.offset < end]
            patience.look(at)
            behind = {of for of in behind if at[of] < self._sizes[of][1]}
        return fetched


def _groups(sizes: Mapping[TopicPartition, tuple[int, int]]) -> Iterator[list[TopicPartition]]:
    group: list[TopicPartition] = []
    records = 0
    for lane, (first, end) in sizes.items():
        if group and records + end - first > TOGETHER:
            yield group
            group, records = [], 0
        group.append(lane)
        records += end - first
    if group:
        yield group


@asynccontextmanager
async def lanes_of(settings: Settings) -> AsyncIterator[Lanes]:
    """Connect, and give all lanes as far as they have come.

    Raises ServerAway when no broker answers, and so does reading them.
    """
    names = TopicNames(settings)
    async with Patience(settings.kafka).one_step(), TopicAdmin(settings) as admin:
        known = await admin.lanes()
    order = {names.error: 0, **dict.fromkeys(names.raw, 1)}
    lanes = [
        TopicPartition(topic, lane)
        for topic, number in sorted(known.items(), key=lambda of: (order.get(of[0], 2), of[0]))
        if topic in order or names.schema_of(topic)
        for lane in range(number)
    ]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=50,
    )
    try:
        async with Patience(settings.kafka).one_step():
            await consumer.start()
            ends = await privates.ends(consumer, lanes)
            first = await consumer.beginning_offsets(lanes) if lanes else {}
        given = Lanes(settings, consumer, {lane: (first[lane], ends[lane]) for lane in lanes})
        try:
            yield given
        finally:
            given.over = True
    except KafkaError as error:
        raise ServerAway(f"Kafka {settings.kafka.bootstrap}", words(error)) from error
    finally:
        await consumer.stop()


async def scan(settings: Settings) -> list[Scanned]:
    """Return all lanes with all their records, as `lanes_of` gives them; raises as it does."""
    async with lanes_of(settings) as lanes:
        return await asyncio.to_thread(list, lanes)
