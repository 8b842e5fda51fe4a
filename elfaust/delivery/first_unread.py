"""Since when the first record waits that a role has not acknowledged of a lane, as Kafka has it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.delivery.batch import FIRST_TIME

#: Longest look at the records that are not known yet, seconds; what it has not seen is unknown.
LOOK_SECONDS = 3.0
#: What a consumer for this asks of brokers: a lane's first batch is enough, and what does not fit
#: into an answer is asked for again. A record that has gone stands for the first that is there.
FETCHING = {
    "auto_offset_reset": "earliest",
    "enable_auto_commit": False,
    "fetch_max_bytes": 8_000_000,
    "fetch_max_wait_ms": 100,
    "max_partition_fetch_bytes": 16_384,
}


class Place(NamedTuple):
    """An offset of a lane."""

    lane: TopicPartition
    offset: int


class FirstUnread:
    """Fetches one record of each place, and remembers those that it is asked for again.

    `consumer` is nobody else's to assign lanes to, and was made with FETCHING.
    """

    def __init__(self, consumer: AIOKafkaConsumer, clock: Callable[[], float] = time.time) -> None:
        self._consumer = consumer
        self._clock = clock
        self._since: dict[Place, float] = {}

    async def since(self, wanted: Collection[Place]) -> Mapping[Place, float]:
        """Return since when the record at each place waits, seconds since the epoch.

        That is Kafka's time of it; where that cannot be, or is to come, when it was first seen. A
        place that was not seen in time is left out. Raises what aiokafka raises.
        """
        self._since = {place: self._since[place] for place in wanted if place in self._since}
        missing: dict[TopicPartition, list[int]] = {}
        for lane, offset in sorted(set(wanted) - self._since.keys(), reverse=True):
            missing.setdefault(lane, []).append(offset)
        if missing:
            await self._fetch(missing)
        return self._since

    async def _fetch(self, missing: dict[TopicPartition, list[int]]) -> None:
        """Fetch the first record from each offset on; of a lane they fall."""
        self._consumer.assign(list(missing))
        for lane, offsets in missing.items():
            self._consumer.seek(lane, offsets[-1])
        deadline = time.monotonic() + LOOK_SECONDS
        while missing and (left := deadline - time.monotonic()) > 0:
            fetched = await self._consumer.getmany(timeout_ms=int(left * 1000), max_records=1)
            for lane, records in fetched.items():
                if lane in missing:
                    self._take(lane, missing.pop(lane), records[0].timestamp, missing)
        # Nothing is fetched of lanes that nobody has.
        self._consumer.pause(*self._consumer.assignment())

    def _take(
        self,
        lane: TopicPartition,
        offsets: list[int],
        timestamp: int,
        missing: dict[TopicPartition, list[int]],
    ) -> None:
        now = self._clock()
        believed = timestamp >= FIRST_TIME
        self._since[Place(lane, offsets.pop())] = min(now, timestamp / 1000) if believed else now
        if offsets:
            missing[lane] = offsets
            self._consumer.seek(lane, offsets[-1])
        else:
            # What is buffered of it goes, and no other lane waits for somebody to take it.
            self._consumer.pause(lane)
