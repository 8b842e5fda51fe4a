"""Counters to a StatsD whose address may not be known yet, or change."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Mapping

from statsd import StatsClient

from elfaust.settings.charts import Statsd

#: Seconds after which the host's address is looked up again, and for which a look-up is waited.
LOOK_UP_SECONDS, ANSWER_SECONDS = 60.0, 10.0


class Datagrams:
    """Sends counters by UDP, which nobody acknowledges; `clock` gives seconds."""

    def __init__(self, settings: Statsd, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._client: StatsClient | None = None
        self._looked_up = -LOOK_UP_SECONDS
        #: The address that is sent to; empty while the host has none.
        self.address = ""

    async def find(self) -> None:
        """Look the address up, if that is due.

        Raises OSError or TimeoutError where the host has none and had none before.
        """
        if self._clock() - self._looked_up < LOOK_UP_SECONDS:
            return
        try:
            await self._look_up()
        except (OSError, TimeoutError, UnicodeError):
            if self._client is None:
                raise
            # The old one may still be right.
            self._looked_up = self._clock()

    def send(self, counts: Mapping[str, int]) -> None:
        """Send what is to be added to counters; `find` first."""
        assert self._client is not None
        with self._client.pipeline() as pipe:
            for name, count in counts.items():
                pipe.incr(name, count)

    def close(self) -> None:
        """Close the socket."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _look_up(self) -> None:
        host, port = self._settings.host, self._settings.port
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(ANSWER_SECONDS):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        family, *_, address = found[0]
        self._looked_up = self._clock()
        if address[0] != self.address:
            self.close()
            self.address = str(address[0])
            self._client = StatsClient(
                self.address,
                port,
                prefix=self._settings.prefix,
                ipv6=family == socket.AF_INET6,
            )
