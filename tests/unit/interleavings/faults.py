"""What goes wrong at this moment: how Kafka takes commits and sends, and a store what comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

from aiokafka.errors import CommitFailedError, RequestTimedOutError

from elfaust.errors import ServerAway, TableChanged

#: Does nothing, waits, or raises what Kafka answers.
Step = Callable[[], Awaitable[None]]
#: Longest that something hangs, seconds: longer than a worker waits for anything.
HANG_SECONDS = 80.0


class Faults:
    """What goes wrong, until it is healed; chances are drawn for the whole trial."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.healed = False
        #: How often a commit, a send, and a write go wrong.
        self.commits = random.choice((0.0, 0.1, 0.5))
        self.sends = random.choice((0.0, 0.0, 0.05, 0.3))
        self.writes = random.choice((0.0, 0.1, 0.4))
        #: Until when the store is away, and tables that take nothing.
        self.away_until = 0.0
        self.broken: set[str] = set()

    def heal(self) -> None:
        """Let nothing go wrong any more."""
        self.healed = True
        self.broken.clear()
        self.away_until = 0.0

    def _goes_wrong(self, chance: float) -> bool:
        return not self.healed and self._random.random() < chance

    async def wait(self, most: float) -> None:
        """Wait for a drawn time; long ones end when all is healed."""
        seconds = self._random.random() ** 2 * most
        while seconds > 0 and not (self.healed and most > 1):
            await asyncio.sleep(min(seconds, 1.0))
            seconds -= 1.0

    def of_commit(self) -> tuple[Step, Step]:
        """Return what comes before a commit is taken, and after that before its answer."""
        if not self._goes_wrong(self.commits):
            return nothing, nothing
        kind = self._random.randrange(6)
        if kind == 0:
            return self._refuse, nothing
        if kind == 1:
            return self._time_out, nothing
        if kind == 2:
            return nothing, self._time_out
        if kind == 3:
            return self.hang, nothing
        if kind == 4:
            return nothing, self.hang
        return self._slow, self._slow

    async def _refuse(self) -> None:
        raise CommitFailedError("the group rebalances")

    async def _time_out(self) -> None:
        await self.wait(3.0)
        raise RequestTimedOutError

    async def hang(self) -> None:
        """Wait longer than a worker does."""
        await self.wait(HANG_SECONDS)

    async def _slow(self) -> None:
        await self.wait(2.0)

    def of_send(self) -> tuple[Step, Step]:
        """Return what comes before a batch is stored, and after that before its answer."""
        if not self._goes_wrong(self.sends):
            return nothing, nothing
        kind = self._random.randrange(3)
        if kind == 0:
            return self.hang, nothing
        if kind == 1:
            return nothing, self.hang
        return self._slow, self._slow

    async def of_write(self, topic: str) -> None:
        """Take as long as a store may take; raise what it may raise."""
        now = asyncio.get_running_loop().time()
        if topic in self.broken:
            await self.wait(0.2)
            raise TableChanged(topic, "Unknown column")
        if now < self.away_until:
            await self.wait(0.2)
            raise ServerAway("Store", "away")
        if self._goes_wrong(self.writes):
            kind = self._random.randrange(3)
            await self.wait((0.5, 5.0, HANG_SECONDS)[kind])
            if self._random.random() < 0.5 and not self.healed:
                raise ServerAway("Store", "away")


async def nothing() -> None:
    """Do nothing."""
