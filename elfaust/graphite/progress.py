"""How far the roles have come, from Kafka's group offsets: for counters, and for charts of lag."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from elfaust.delivery.lag import LagReader, TopicLag
from elfaust.graphite import names
from elfaust.quiet import OnceAMinute
from elfaust.settings import Settings

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

#: Minutes for which points are kept.
KEPT_MINUTES = 60


class Progress:
    """What every role has acknowledged and has before it, read again and again while `wanted`.

    `clock` gives Unix seconds.
    """

    def __init__(
        self,
        settings: Settings,
        wanted: Callable[[], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._wanted = wanted
        self._clock = clock
        #: Records acknowledged by role and topic; None while that is not known.
        self.acknowledged: dict[tuple[str, str], int] | None = None
        #: The points of each of the last minutes, by name, and how often they were read.
        self.minutes: dict[int, Mapping[str, int]] = {}
        self.readings: Counter[int] = Counter()

    async def run(self) -> None:
        """Read until cancelled, whether Kafka answers or not."""
        while True:
            try:
                if self._wanted():
                    await self._read()
            except Exception as error:
                what = str(error) or "Kafka has not answered in time"
                log.warning("How far the roles have come cannot be read: %s", what)
            self.acknowledged = None
            await asyncio.sleep(self._seconds)

    @property
    def _seconds(self) -> float:
        return min(self._settings.carbon.seconds, self._settings.statsd.seconds)

    async def _read(self) -> None:
        async with LagReader(self._settings) as reader:
            while self._wanted():
                # Ages take a fetch of each lane that has lag: one a minute is what charts show.
                async with asyncio.timeout(self._settings.kafka.request_timeout):
                    lags = await reader.read(ages=self._minute not in self.minutes)
                self.take(lags)
                await asyncio.sleep(self._seconds)

    @property
    def _minute(self) -> int:
        return int(self._clock() // 60)

    def take(self, lags: Iterable[TopicLag]) -> None:
        """Take in a reading: the last one of a minute stands for it, with the last known ages."""
        minute = self._minute
        before = self.minutes.get(minute, {})
        points: Counter[str] = Counter()
        self.acknowledged = {}
        for lag in lags:
            self.acknowledged[lag.role, lag.topic] = lag.acknowledged
            points[names.acknowledged(lag.role)] += lag.acknowledged
            numbers = {
                "acknowledged_total": lag.acknowledged,
                "lag_events": lag.lag,
                "lag_seconds": lag.seconds if lag.lag else 0,
            }
            for name, number in numbers.items():
                series = names.of_topic(lag.role, lag.topic, name)
                if number is not None:
                    points[series] = round(number)
                elif series in before:
                    points[series] = before[series]
        self.minutes[minute] = points
        self.readings[minute] += 1
        for old in [m for m in self.minutes if m <= minute - KEPT_MINUTES]:
            del self.minutes[old], self.readings[old]
