"""Records of topics as they come, read without a consumer group: nobody's lanes move for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Set
from contextlib import asynccontextmanager
from time import monotonic

from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.delivery import privates
from elfaust.delivery.batch import records_of
from elfaust.delivery.broker_errors import translating_errors
from elfaust.delivery.patience import ANSWER_SECONDS, Patience
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import ServerAway
from elfaust.records import Record
from elfaust.settings import Settings

#: Records of one fetch, and bytes that it brings of a lane: a record that is longer comes alone.
FETCH, FETCH_BYTES = 500, 256 * 1024
#: How long a fetch that finds nothing waits, ms, and seconds until Kafka is asked again.
WAIT_MS, RETRY_SECONDS = 200, 1.0

Lanes = Set[TopicPartition]
Offsets = Mapping[TopicPartition, int]
#: Tells at which offsets a consumer begins to read lanes.
Start = Callable[[AIOKafkaConsumer, Lanes], Awaitable[Offsets]]
#: Says how many of the last records of a lane are read, of these lanes.
Share = Callable[[TopicPartition, Lanes], int]


def since(time: int | None) -> Start:
    """Return the start at what has come since a time, ms; without one, at what comes from now."""

    async def start(consumer: AIOKafkaConsumer, lanes: Lanes) -> Offsets:
        ends: Offsets = await consumer.end_offsets(lanes)
        if time is None:
            return ends
        found = await consumer.offsets_for_times(dict.fromkeys(lanes, time))
        return {lane: at.offset if (at := found.get(lane)) else ends[lane] for lane in lanes}

    return start


def last(share: Share) -> Start:
    """Return the start at the last records of each lane; `share` says how many of which lanes."""

    async def start(consumer: AIOKafkaConsumer, lanes: Lanes) -> Offsets:
        begins = await beginning(consumer, lanes)
        ends = await consumer.end_offsets(lanes)
        return {lane: max(begins[lane], ends[lane] - share(lane, lanes)) for lane in lanes}

    return start


async def beginning(consumer: AIOKafkaConsumer, lanes: Lanes) -> Offsets:
    """Return where lanes begin."""
    found: Offsets = await consumer.beginning_offsets(lanes)
    return found


@asynccontextmanager
async def consuming(settings: Settings, patience: Patience) -> AsyncIterator[AIOKafkaConsumer]:
    """Give a consumer without a group; raises ServerAway."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    with translating_errors(settings.kafka):
        try:
            async with patience.one_step():
                await consumer.start()
            yield consumer
        finally:
            await privates.stop(consumer)


class Following:
    """Reads the topics that are wanted, from a start on; how far outlives the connection.

    Lanes that are made meanwhile are read from their beginning.
    """

    def __init__(self, settings: Settings, wanted: Callable[[str], bool], start: Start) -> None:
        self._settings, self._wanted, self._start = settings, wanted, start
        self._patience = Patience(settings.kafka, at_most=ANSWER_SECONDS)
        self._consumer: AIOKafkaConsumer
        self._admin: TopicAdmin
        self._assigned: Lanes | None = None
        #: The next offset of each lane; None until topics were looked for.
        self._at: dict[TopicPartition, int] | None = None

    @property
    def has_begun(self) -> bool:
        """Whether it is known where it is."""
        return self._at is not None

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Connect for as long as this is entered, and go on where it was; raises ServerAway."""
        async with (
            TopicAdmin(self._settings) as self._admin,
            consuming(self._settings, self._patience) as self._consumer,
        ):
            self._assigned = None
            yield

    async def look_for_topics(self) -> None:
        """Read what lanes there are now."""
        async with self._patience.one_step():
            known = await self._admin.lanes()
            lanes = {
                TopicPartition(topic, lane)
                for topic, number in known.items()
                if self._wanted(topic)
                for lane in range(number)
            }
            if lanes == self._assigned:
                return
            old = self._at or {}
            new = lanes - old.keys()
            start = beginning if self.has_begun else self._start
            starts = await start(self._consumer, new) if new else {}
        self._at = {**{lane: at for lane, at in old.items() if lane in lanes}, **starts}
        # An assignment forgets how far each lane was read.
        self._consumer.assign(list(self._at))
        for lane, offset in self._at.items():
            self._consumer.seek(lane, offset)
        self._assigned = lanes

    async def fetch(self) -> list[Record]:
        """Return what has come, in the order of its times; wait a moment where that is nothing."""
        if not self._at:
            await asyncio.sleep(WAIT_MS / 1000)
            return []
        async with self._patience.one_step():
            fetched = await self._consumer.getmany(timeout_ms=WAIT_MS, max_records=FETCH)
        found: list[Record] = []
        for lane, records in fetched.items():
            self._at[lane] = records[-1].offset + 1
            found += records_of(records)
        return sorted(found, key=lambda record: record.timestamp) if len(fetched) > 1 else found

    async def catch_up(self) -> list[Record]:
        """Return what is before the ends that the lanes have now, in the order of its times."""
        before = dict(self._at or {})
        try:
            found = [record async for records in self.to_the_ends() for record in records]
        except BaseException:
            # What was read by now is returned by none, and comes again.
            (self._at or {}).update(before)
            raise
        return sorted(found, key=lambda record: record.timestamp)

    async def to_the_ends(self) -> AsyncGenerator[list[Record]]:
        """Yield what is before the ends that the lanes have now."""
        at = self._at or {}
        async with self._patience.one_step():
            ends: Offsets = await self._consumer.end_offsets(list(at)) if at else {}
        while any(at[lane] < end for lane, end in ends.items()):
            yield await self.fetch()
            self._patience.look(sum(at.values()))

    async def skip(self, share: Share) -> None:
        """Leave out all but the last records of each lane; `share` says how many of which lanes."""
        if at := self._at:
            async with self._patience.one_step():
                ends: Offsets = await self._consumer.end_offsets(list(at))
            for lane, end in ends.items():
                if (least := end - share(lane, ends.keys())) > at[lane]:
                    at[lane] = least
                    self._consumer.seek(lane, least)

    def pass_over(self, behind: int, left: int) -> int:
        """Leave out records of lanes that are further behind, but the last ones; return how many.

        `left` of a lane are read yet.
        """
        passed = 0
        for lane, at in (self._at or {}).items():
            end = self._consumer.highwater(lane) or 0
            if self._at is not None and end - at > behind:
                self._at[lane] = end - left
                passed += end - left - at
                self._consumer.seek(lane, end - left)
        return passed


async def follow(
    settings: Settings,
    wanted: Callable[[str], bool],
    time: int | None = None,
    tell: Callable[[ServerAway], None] | None = None,
) -> AsyncGenerator[list[Record]]:
    """Yield the records of the topics that are wanted, as they come, without end.

    Those that came since a time, ms, are first; without one, what is there already is left out.
    Each list is in the order of the records' times. Where Kafka goes away, that is told once, and
    what comes is yielded when it is back. Raises ServerAway where it is away at first.
    """
    following, is_away = Following(settings, wanted, since(time)), False
    while True:
        try:
            async with following.connected():
                while True:
                    await following.look_for_topics()
                    is_away = False
                    until = monotonic() + settings.topics.discover_interval
                    while monotonic() < until:
                        if found := await following.fetch():
                            yield found
        except ServerAway as error:
            if not following.has_begun:
                raise
            if tell is not None and not is_away:
                tell(error)
            is_away = True
            await asyncio.sleep(RETRY_SECONDS)


async def what_is_there(
    settings: Settings, wanted: Callable[[str], bool], time: int | None
) -> AsyncGenerator[list[Record]]:
    """Yield the records since a time, ms, that the topics which are wanted have now.

    Each list is in the order of the records' times. Raises ServerAway where Kafka is.
    """
    following = Following(settings, wanted, since(time))
    async with following.connected():
        await following.look_for_topics()
        async for found in following.to_the_ends():
            yield found
