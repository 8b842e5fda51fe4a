"""Lines of many requests to Kafka together: while one batch is on its way, the next one gathers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from elfaust.errors import TooLong
from elfaust.intake.taking import AWAY_SECONDS, Outcome, Publisher
from elfaust.records import Outgoing


@dataclass(eq=False)
class _Waiting:
    line: bytes
    outcome: asyncio.Future[Outcome] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def settle(self, outcome: Outcome) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)


class Gatherer:
    """Publishes lines of a topic, each batch to the next of its lanes."""

    def __init__(
        self,
        topic: str,
        lanes: int,
        most_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Hold at most `most_bytes` of lines that Kafka has not acknowledged."""
        self._topic = topic
        self._lanes = lanes
        self._most_bytes = most_bytes
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._next_lane = 0
        #: When the batch was sent that is on its way.
        self._sent: float | None = None
        self._running = self._stopping = False
        self._wake, self._done = asyncio.Event(), asyncio.Event()
        self.size = 0

    @property
    def is_away(self) -> bool:
        """Whether Kafka is known not to take lines now."""
        if not self._running or self._stopping:
            return True
        return self._sent is not None and self._clock() - self._sent > AWAY_SECONDS

    async def take(self, lines: Sequence[bytes], *, acks: bool) -> list[Outcome]:
        """Take lines; return what has become of each, with `acks` when Kafka has said so.

        Whoever is cancelled meanwhile does not know: his lines may arrive.
        """
        size = sum(map(len, lines))
        if self.is_away or self.size + size > self._most_bytes:
            return [Outcome.AWAY] * len(lines)
        taken = [_Waiting(line) for line in lines]
        self.size += size
        self._waiting += taken
        self._wake.set()
        if not acks:
            return [Outcome.HASTY] * len(lines)
        return [await one.outcome for one in taken]

    async def run(self, publisher: Publisher) -> None:
        """Publish until stopped, and then what is left.

        Raises what `publisher` raises where Kafka does not take a batch: nothing is left then,
        and it can be called again.
        """
        batch: list[_Waiting] = []
        self._running = True
        self._done.clear()
        try:
            while self._waiting or not self._stopping:
                await self._wake.wait()
                self._wake.clear()
                batch, self._waiting = self._waiting, []
                if batch:
                    await self._publish(publisher, batch)
                if self._stopping:
                    self._wake.set()
        finally:
            self._running = False
            for one in (*batch, *self._waiting):
                one.settle(Outcome.AWAY)
            self._waiting, self.size = [], 0
            self._done.set()

    async def stop(self) -> None:
        """Take no more; return when all that was taken is in Kafka."""
        self._stopping = True
        self._wake.set()
        if self._running:
            await self._done.wait()

    async def _publish(self, publisher: Publisher, batch: list[_Waiting]) -> None:
        now, lane = int(time.time() * 1000), self._next_lane
        self._next_lane = (lane + 1) % self._lanes
        records = {Outgoing(self._topic, lane, one.line, now): one for one in batch}
        self._sent = self._clock()
        try:
            await publisher.publish(list(records))
        except TooLong as error:
            # Nothing was sent: the others go on without it.
            for record in error.records:
                records.pop(record).settle(Outcome.TOO_LONG)
            if records:
                await publisher.publish(list(records))
        finally:
            self._sent = None
        for one in records.values():
            one.settle(Outcome.SUCCESS)
        self.size -= sum(len(one.line) for one in batch)
