"""How long is waited for a broker that answers nothing: aiokafka itself waits for ever."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

from elfaust.errors import ServerAway
from elfaust.settings import Kafka

#: A command that only looks waits no longer for one answer, seconds.
ANSWER_SECONDS = 10.0


class Patience:
    """Ends once nothing has come for `kafka.request_timeout` seconds; `clock` gives seconds.

    `at_most` bounds that further, for somebody who waits in front of a terminal.
    """

    def __init__(
        self, kafka: Kafka, clock: Callable[[], float] = monotonic, at_most: float = math.inf
    ) -> None:
        self._kafka = kafka
        self._clock = clock
        self._seconds = min(kafka.request_timeout, at_most)
        self._done: object = None
        self._since = clock()

    def look(self, done: object) -> None:
        """Note how far something has come; raises ServerAway if that has been so for too long."""
        now = self._clock()
        if done != self._done:
            self._done, self._since = done, now
        elif now - self._since > self._seconds:
            raise self._away()

    @asynccontextmanager
    async def one_step(self) -> AsyncIterator[None]:
        """Raise ServerAway if what is awaited takes longer than one answer may."""
        try:
            async with asyncio.timeout(self._seconds):
                yield
        except TimeoutError as error:
            raise self._away() from error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody has cancelled this task: it is one of aiokafka's own, whose connection is gone.
            raise self._away("the connection has ended") from error

    def _away(self, why: str = "") -> ServerAway:
        why = why or f"no answer for {self._seconds:.3g} s"
        return ServerAway(f"Kafka {self._kafka.bootstrap}", why)
