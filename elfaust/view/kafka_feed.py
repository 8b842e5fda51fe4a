"""The feed of a pipeline's topics: one consumer without a group, however many look.

It reads while somebody looks and for a minute after that. What is more than it can show it passes
over: it slows nobody, and nobody slows it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from aiokafka import TopicPartition

from elfaust.delivery.batch import records_of
from elfaust.delivery.following import Following, Lanes, consuming, last, since
from elfaust.delivery.patience import ANSWER_SECONDS, Patience
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import ServerAway
from elfaust.names import TopicNames
from elfaust.records import Record
from elfaust.settings import Settings
from elfaust.view.feed import MAX_KEPT, NoRecord, Ring
from elfaust.view.seen import Seen, seen

log = logging.getLogger(__name__)

#: Seconds for which it reads on while nobody looks, between two looks for new topics, until it
#: tries again, and for which a page waits for what is in Kafka.
IDLE_SECONDS, TOPICS_SECONDS, RETRY_SECONDS, FRESH_SECONDS = 60.0, 1.0, 1.0, 5.0
#: How far behind a lane may be before records are passed over, and how many are left then.
MOST_BEHIND, LEFT = 2_000, 1_000
#: Events that are read before whoever looks has a turn.
TURN = 100
#: Records that are asked for by their offset at once.
AT_ONCE = 4

NOT_READ = "it has not answered yet"
PAST = "Kafka keeps it no longer: the topic begins at offset {}."
TO_COME = "There is no such record yet: the topic ends before offset {}."
NONE_THERE = "Kafka has no record at this offset."


class KafkaFeed(Ring):
    """The events and errors of the topics of the settings."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._settings = settings
        self._names = TopicNames(settings)
        self._clock = clock
        self._lookers = 0
        self._looked = 0.0
        self._wanted, self._fresh = asyncio.Event(), asyncio.Event()
        self._asking = asyncio.Semaphore(AT_ONCE)
        # It goes on where it was: who asks for what came after an event gets none twice.
        self._following = Following(settings, self._is_shown, last(self._share))

    def looking(self) -> AbstractContextManager[None]:
        """Return a context in which it reads."""

        @contextmanager
        def looks() -> Iterator[None]:
            self._lookers += 1
            self._wanted.set()
            try:
                yield
            finally:
                self._lookers -= 1
                self._looked = self._clock()

        return looks()

    async def fresh(self) -> None:
        """Wait until what was in Kafka when it began to read is read; for a few seconds at most."""
        try:
            async with asyncio.timeout(FRESH_SECONDS):
                await self._fresh.wait()
        except TimeoutError:
            self.trouble = self.trouble or NOT_READ

    @property
    def _is_idle(self) -> bool:
        return not self._lookers and self._clock() - self._looked > IDLE_SECONDS

    async def run(self) -> None:
        """Read whenever somebody looks, until cancelled; brokers that are away are asked again."""
        while True:
            await self._wanted.wait()
            try:
                await self._read_while_wanted()
            except ServerAway as error:
                # Whoever looks is told what it is that does not come.
                self.trouble = error.detail
                self._fresh.set()
                await asyncio.sleep(RETRY_SECONDS)
            except Exception as error:
                log.warning("The view cannot read its topics, trying again: %r", error)
                self.trouble = "elfaust failed on it: the worker's log says how"
                self._fresh.set()
                await asyncio.sleep(RETRY_SECONDS)

    async def _read_while_wanted(self) -> None:
        following = self._following
        async with following.connected():
            self.passed_over = 0
            goes_on = following.has_begun
            await following.look_for_topics()
            if goes_on:
                await following.skip(self._share)
            self.add(await self._seen(await following.catch_up()))
            self.trouble = ""
            self._fresh.set()
            while not self._is_idle:
                until = self._clock() + TOPICS_SECONDS
                while self._clock() < until:
                    self.add(await self._seen(await following.fetch()))
                self.passed_over += following.pass_over(MOST_BEHIND, LEFT)
                await following.look_for_topics()
            self._wanted.clear()
            self._fresh.clear()

    def _is_shown(self, topic: str) -> bool:
        return topic == self._names.error or self._names.schema_of(topic) is not None

    def _share(self, lane: TopicPartition, of: Lanes) -> int:
        """Return how many of the last records of a lane are read: all remember MAX_KEPT."""
        error = self._names.error
        same: int = sum((other.topic == error) == (lane.topic == error) for other in of)
        return max(1, MAX_KEPT // same)

    async def _seen(self, records: Sequence[Record]) -> list[Seen]:
        found: list[Seen] = []
        for begin in range(0, len(records), TURN):
            found += (seen(of, self._names.error) for of in records[begin : begin + TURN])
            await asyncio.sleep(0)
        return found

    async def record(self, topic: str, lane: int, offset: int) -> Record | NoRecord:
        """Return a record of one of the pipeline's topics; raises ServerAway."""
        names = self._names
        if topic not in (*names.raw, names.error) and names.schema_of(topic) is None:
            return NoRecord("It is no topic of this pipeline.")
        patience = Patience(self._settings.kafka, at_most=ANSWER_SECONDS)
        async with self._asking:
            async with patience.one_step(), TopicAdmin(self._settings) as admin:
                # To ask for a topic that is not there may create it.
                known = await admin.lanes()
            if topic not in known:
                return NoRecord("There is no such topic.")
            if not 0 <= lane < known[topic]:
                return NoRecord(f"The topic has {known[topic]} partitions, from 0 on.")
            return await self._one(TopicPartition(topic, lane), offset, patience)

    async def came_since(self, topic: str, times: Sequence[int]) -> list[int]:
        """Return how many records a topic has of times since these, ms; raises ServerAway."""
        patience = Patience(self._settings.kafka, at_most=ANSWER_SECONDS)
        async with self._asking:
            async with patience.one_step(), TopicAdmin(self._settings) as admin:
                number = (await admin.lanes()).get(topic, 0)
            if not number:
                return [0 for _ in times]
            lanes = {TopicPartition(topic, lane) for lane in range(number)}
            async with consuming(self._settings, patience) as consumer, patience.one_step():
                ends = await consumer.end_offsets(lanes)
                starts = [await since(time)(consumer, lanes) for time in times]
        return [sum(ends[lane] - min(at[lane], ends[lane]) for lane in lanes) for at in starts]

    async def _one(
        self, lane: TopicPartition, offset: int, patience: Patience
    ) -> Record | NoRecord:
        async with consuming(self._settings, patience) as consumer:
            async with patience.one_step():
                begin = (await consumer.beginning_offsets([lane]))[lane]
                end = (await consumer.end_offsets([lane]))[lane]
            if offset < begin:
                return NoRecord(PAST.format(begin), is_past=True)
            if offset >= end:
                return NoRecord(TO_COME.format(end))
            consumer.assign([lane])
            consumer.seek(lane, offset)
            async with patience.one_step():
                fetched = await consumer.getmany(lane, timeout_ms=5_000, max_records=1)
        for records in fetched.values():
            if records and records[0].offset == offset:
                return records_of(records[:1])[0]
        return NoRecord(NONE_THERE)
