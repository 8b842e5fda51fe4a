"""A port at which events are taken: connections to it are bounded, and its answers counted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from elfaust.intake.answers import RETRY
from elfaust.intake.application import Handler
from elfaust.intake.connection import Connection
from elfaust.metrics.table import INTAKE_REQUESTS
from elfaust.metrics.values import count
from elfaust.settings.intake import Intake

log = logging.getLogger(__name__)

#: Longest request line that is read, so that it can be told from one that no parser takes, bytes.
LINE_BYTES = 131_072
#: Seconds for which a connection without a request is kept.
KEPT_SECONDS = 75.0
#: Seconds in which the headers of a connection's first request have to come.
FIRST_SECONDS, LOOK_SECONDS = 10.0, 1.0
#: Seconds for which the rest of a request is read that was answered before its end.
LINGERING_SECONDS = 2.0
BACKLOG = 1_024
TOO_MANY = (
    f"HTTP/1.1 503 Service Unavailable\r\nRetry-After: {RETRY}\r\nCache-Control: no-store\r\n"
    "Content-Length: 0\r\nConnection: close\r\n\r\n"
).encode()


class Counting(AbstractAccessLogger):
    """Counts answers by their status, those to requests that aiohttp itself refuses among them."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Count an answer."""
        count(INTAKE_REQUESTS, 1, str(response.status))


class _Refused(asyncio.Protocol):
    """A connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        count(INTAKE_REQUESTS, 1, "503")
        sending = cast(asyncio.Transport, transport)
        sending.write(TOO_MANY)
        sending.close()


class Server:
    """Serves an application at the address of the intake's settings, and within their bounds."""

    def __init__(
        self,
        at: Intake,
        app: web.Application,
        refused: Callable[[str], None] = log.debug,
        end_seconds: float | None = None,
    ) -> None:
        """Tell by `refused` of requests that are no HTTP; wait `end_seconds` for answers."""
        self._at, self._refused = at, refused
        #: The connections on which a request has begun.
        self._begun = set[object]()
        app.middlewares.append(self._begin)
        self._server: asyncio.Server | None = None
        self._looking: asyncio.Task[None] | None = None
        end_seconds = at.answer_seconds if end_seconds is None else end_seconds
        self._runner = web.AppRunner(app, shutdown_timeout=end_seconds)

    @web.middleware
    async def _begin(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._begun.add(request.protocol)
        return await handler(request)

    async def start(self) -> None:
        """Answer from now on. Raises OSError when the address cannot be bound."""
        await self._runner.setup()
        try:
            self._server = await asyncio.get_running_loop().create_server(
                self._connected, self._at.host, self._at.port, backlog=BACKLOG
            )
        except OSError:
            await self._runner.cleanup()
            raise
        self._looking = asyncio.create_task(self._close_silent(), name="silent connections")

    def _connected(self) -> asyncio.Protocol:
        served = self._runner.server
        assert served is not None
        if len(served.connections) >= self._at.connections:
            return _Refused()
        return Connection(
            served,
            self._refused,
            loop=asyncio.get_running_loop(),
            access_log_class=Counting,
            access_log=log,
            max_line_size=max(LINE_BYTES, self._at.url_bytes + 100),
            max_field_size=self._at.header_bytes,
            keepalive_timeout=KEPT_SECONDS,
            lingering_time=LINGERING_SECONDS,
        )

    async def _close_silent(self) -> None:
        """Close connections on which nothing that is a request has come in time."""
        since, loop = dict[object, float](), asyncio.get_running_loop()
        while self._runner.server is not None:
            now, connections = loop.time(), self._runner.server.connections
            self._begun.intersection_update(connections)
            silent = [one for one in connections if one not in self._begun]
            since = {one: since.get(one, now) for one in silent}
            for one in silent:
                if now - since[one] > FIRST_SECONDS:
                    one.force_close()
            await asyncio.sleep(LOOK_SECONDS)

    async def stop(self) -> None:
        """Take no more requests; return when those that were taken are answered."""
        if self._server is not None:
            self._server.close()
        if self._looking is not None:
            self._looking.cancel()
        await self._runner.cleanup()
