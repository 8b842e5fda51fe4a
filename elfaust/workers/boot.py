"""The order in which a worker starts what it is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from itertools import chain

from faust.app.base import BootStrategy
from mode import Service


class Beforehand(Service):  # type: ignore[misc]
    """A service that has started when some work is done: those after it in the order wait."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        super().__init__()

    async def on_start(self) -> None:
        """Do the work."""
        await self._work()


class BootOrder(BootStrategy):  # type: ignore[misc]
    """Faust's order, but the web view answers while the worker waits for its servers."""

    def server(self) -> Iterable[Service]:
        """Return the services of a worker, in their order."""
        return chain(
            self.sensors(),
            self.web_server(),
            [Beforehand(self.app.find_servers)],
            self.kafka_producer(),
            self.kafka_consumer(),
            self.agents(),
            self.kafka_conductor(),
            self.tables(),
        )
