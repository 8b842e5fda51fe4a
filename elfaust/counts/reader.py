"""Keeps the counts of all lanes current, and a view of them, from the whole changelog.

The changelog is read once, in order, by a consumer of its own in no group: pages show what it says,
and a worker that takes lanes (takings.py) has read of them already what it has read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from elfaust.counts.merged import Merged
from elfaust.counts.place import is_shared
from elfaust.counts.view import View
from elfaust.delivery import privates
from elfaust.delivery.broker_errors import words
from elfaust.delivery.patience import Patience
from elfaust.errors import ServerAway
from elfaust.names import changelog_topic
from elfaust.settings import Settings

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
#: Minutes that a view knows at least: an hour, and the one that is not over.
LAST_HOUR = 61
#: Bytes of one answer of a broker, and of one lane in it; records that are handed on together.
FETCH_BYTES, LANE_BYTES, RECORDS = 16_000_000, 4_000_000, 20_000
#: So many records are taken in before somebody else has a turn.
TURN = 1_000
#: How long a broker may wait for more before it answers, ms: those who take lanes wait for it.
FETCH_WAIT_MS = 100


class CountsReader:
    """Reads the changelog with a consumer of its own, in no group, from the beginning on.

    Waits for the topic to appear, and for brokers that are away.
    """

    def __init__(self, settings: Settings) -> None:
        self._kafka = settings.kafka
        self._bootstrap = settings.kafka.bootstrap
        self._topic = changelog_topic(settings)
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None
        #: Records of the changelog that were applied.
        self._applied = 0
        #: Lanes that somebody waits for.
        self._wanted: set[TopicPartition] = set()
        #: Where each lane goes on, whatever becomes of the connection.
        self._next: dict[TopicPartition, int] = {}
        #: The counts so far; `view.complete` once the changelog was read to its end.
        self.view = View(
            settings.throughput.show_minutes,
            keep_minutes=settings.throughput.keep_minutes if settings.carbon.host else LAST_HOUR,
        )
        #: The same with all that is kept of an entry, for who goes on to count.
        self.merged = Merged(self.view.apply)

    async def start(self) -> None:
        """Start to read; returns at once, whether the brokers answer or not."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep_reading(), name="counts reader")

    async def run(self) -> None:
        """Read until cancelled; raises what ends the reading."""
        await self.start()
        try:
            assert self._task is not None
            await asyncio.shield(self._task)
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Stop to read; the view stays as it is."""
        task, self._task = self._task, None
        while task is not None and not task.done():
            # aiokafka may take a cancellation for its own tasks' and go on: ask again.
            task.cancel()
            await asyncio.wait([task], timeout=0.5)

    async def caught_up(self, must_exist: bool = False) -> None:
        """Return when the view holds all that is in the changelog now; start the reader first.

        At once if there is no changelog yet, unless it `must_exist`: a broker that has just started
        does not know it yet. Raises ServerAway when no broker answers, or knows it.
        """
        patience = Patience(self._kafka)
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap)
        try:
            async with patience.one_step():
                await _start_whole(consumer)
                lanes = await self._lanes(consumer)
                ends = await consumer.end_offsets(lanes)
        except KafkaError as error:
            raise ServerAway(f"Kafka {self._bootstrap}", words(error)) from error
        finally:
            await consumer.stop()
        if must_exist and not lanes:
            raise ServerAway(f"Kafka {self._bootstrap}", f"it does not know {self._topic}")
        while not self._has_reached(ends):
            self._wanted = self._wanted | lanes
            patience.look(self._applied)
            await asyncio.sleep(0.02)

    async def _lanes(self, consumer: AIOKafkaConsumer) -> set[TopicPartition]:
        """Return the lanes that there are, whatever `topics.lanes` is here.

        Who assigns lanes to this worker may have been started with more already.
        """
        # To ask the brokers for a topic by name may create it, with as many lanes as they please.
        numbers = (await privates.all_lanes(consumer)).get(self._topic, ())
        return {TopicPartition(self._topic, lane) for lane in numbers}

    def _has_reached(self, ends: Mapping[TopicPartition, int]) -> bool:
        if self._task is not None and self._task.done():
            self._task.result()
        return all(self._next.get(lane, 0) >= end for lane, end in ends.items())

    async def _keep_reading(self) -> None:
        last = ""
        while True:
            try:
                await self._read()
            except KafkaError as error:
                if str(error) != last:
                    last = str(error)
                    log.warning("The counts cannot be read, trying again: %s", error)
            finally:
                consumer, self._consumer = self._consumer, None
                if consumer is not None:
                    await consumer.stop()
            await asyncio.sleep(RETRY_SECONDS)

    async def _read(self) -> None:
        """Read on and on; return if the topic does not exist yet, or has more lanes."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            auto_offset_reset="earliest",
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=LANE_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        self._consumer = consumer
        await _start_whole(consumer)
        self._wanted = lanes = await self._lanes(consumer)
        if not lanes:
            self.view.complete = True
            return
        ends = await consumer.end_offsets(lanes)
        if any(self._next.get(lane, 0) > end for lane, end in ends.items()):
            self._begin_anew()
        consumer.assign(lanes)
        for lane in lanes:
            if lane in self._next:
                consumer.seek(lane, self._next[lane])
        while self._wanted <= lanes:
            self.view.complete = self.view.complete or self._has_reached(ends)
            fetched = await consumer.getmany(timeout_ms=500, max_records=RECORDS)
            for lane, records in fetched.items():
                if records[0].offset < self._next.get(lane, 0):
                    self._begin_anew()
                    raise KafkaError(f"{self._topic} was made anew")
                await self._take_in(records)
                self._next[lane] = records[-1].offset + 1
            for lane in lanes:
                # Behind what was compacted away there may be no record.
                self._next[lane] = await consumer.position(lane)
            self.view.as_of = max(self.view.as_of, await _read_until(consumer, lanes))

    def _begin_anew(self) -> None:
        log.error("%s was made anew: the counts begin again with what is in it", self._topic)
        self._next.clear()
        self.merged.clear()

    async def _take_in(self, records: Sequence[Any]) -> None:
        """Take in records of one lane: of those of a key that one writer has the last tells all."""
        last: dict[Any, Any] = {}
        for record in records:
            key = record.key
            of = record.offset if key and is_shared(key) else key
            last.pop(of, None)
            last[of] = record
        self._applied += len(records)
        wanted = list(last.values())
        for at in range(0, len(wanted), TURN):
            self.apply(wanted[at : at + TURN])
            # A long changelog comes without a pause; the web view must answer meanwhile.
            await asyncio.sleep(0)

    def apply(self, records: Iterable[Any]) -> None:
        """Take in records of the changelog; those that are no counts are passed over."""
        for record in records:
            at = record.timestamp / 1000
            if not self.merged.apply(record.partition, record.key, record.value, at):
                where = (self._topic, record.partition, record.offset)
                about = dict(zip(("topic", "lane", "offset"), where, strict=True))
                skipped = "Skipped a record of %s/%d at %d that is not a count"
                log.warning(skipped, *where, extra=about)


async def _start_whole(consumer: AIOKafkaConsumer) -> None:
    """Start a consumer such that whatever comes next can stop it.

    A start that is cancelled leaves its connection open, and no stop closes it; a stop before the
    consumer's own tasks ran once raises their CancelledError (aiokafka 0.14).
    """
    starting = asyncio.ensure_future(consumer.start())
    try:
        await asyncio.shield(starting)
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        await asyncio.gather(starting, return_exceptions=True)
        raise


async def _read_until(consumer: AIOKafkaConsumer, lanes: Collection[TopicPartition]) -> float:
    """Return until when all that was in the changelog is read, Unix seconds; 0 if it is not."""
    heard = [consumer.last_poll_timestamp(lane) or 0 for lane in lanes]
    for lane in lanes:
        if await consumer.position(lane) < (consumer.highwater(lane) or 0):
            return 0.0
    return min(heard) / 1000


async def read_counts(settings: Settings) -> View:
    """Return the counts as they are now.

    Raises ServerAway when no broker answers.
    """
    reader = CountsReader(settings)
    await reader.start()
    try:
        await reader.caught_up()
    finally:
        await reader.stop()
    return reader.view
