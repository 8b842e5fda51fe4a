"""One address for all of `elfaust dev`: what an intake takes there, and what the view shows."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from aiohttp import web

from elfaust.dev.memory import Memory
from elfaust.dev.pipeline import Pipeline
from elfaust.dev.said import Said
from elfaust.errors import ElfaustError
from elfaust.intake.application import Handler, Intake
from elfaust.intake.raw_lines import RawLines
from elfaust.intake.server import Server as BoundedServer
from elfaust.schema.dialect import DIALECTS
from elfaust.settings import Settings
from elfaust.view.app import View
from elfaust.web.hosts import only_known_hosts

#: Bytes of a body of which people should know: a browser has 64 KiB for all beacons on their way.
LONG_BODY = 16_384
LONG = "a body of {:,} bytes: a browser drops beacons beyond 64 KiB on their way at once"
#: Seconds for which an end waits for answers, and characters of why a request was refused.
END_SECONDS, WHY_CHARS = 1.0, 300


class NoAddress(ElfaustError):
    """Nothing can listen at an address."""


class Server:
    """Serves intake and view at `intake.host` and `intake.port`."""

    def __init__(
        self, settings: Settings, pipeline: Pipeline, memory: Memory, tell: Callable[[Said], None]
    ) -> None:
        """Tell of each request that is no event, or long."""
        settings = replace(settings, intake=replace(settings.intake, on=True))
        self._at = settings.intake
        self._view = View(settings, memory)
        dialect = DIALECTS[settings.schemas.compatibility]
        form = settings.processor.client_format or dialect.client_format
        lines = RawLines(form, settings.processor.max_keys)
        intake = Intake(settings, lines, pipeline, pipeline.headers)
        # A wiki of one's own may call the intake by any name; pages answer to this machine's alone.
        of_hosts = only_known_hosts(settings)
        app = web.Application(client_max_size=self._at.body_bytes)
        app.add_routes([_with(route, partial(_told, tell)) for route in intake.routes()])
        app.add_routes([_with(route, of_hosts) for route in self._view.routes()])
        app.on_shutdown.append(self._end)
        self._server = BoundedServer(
            self._at, app, lambda why: tell(Said(f"refused: {why}", True)), END_SECONDS
        )

    async def start(self) -> None:
        """Answer from now on. Raises NoAddress where nothing can listen."""
        try:
            await self._server.start()
        except OSError as error:
            where = f"{self._at.host}:{self._at.port}"
            if error.errno == errno.EADDRINUSE:
                raise NoAddress(
                    f"{where} is in use: end what listens there, or choose another port by --port"
                ) from error
            raise NoAddress(f"nothing can listen at {where}: {error.strerror}") from error

    async def stop(self) -> None:
        """Answer what was asked, and no more."""
        await self._server.stop()

    async def _end(self, app: web.Application) -> None:
        await self._view.streams.close()


def _with(route: web.RouteDef, around: Callable[..., Any]) -> web.RouteDef:
    """Return a route whose handler is called by a middleware."""

    async def handler(request: web.Request) -> web.StreamResponse:
        answer: web.StreamResponse = await around(request, route.handler)
        return answer

    return web.RouteDef(route.method, route.path, handler, route.kwargs)


async def _told(
    tell: Callable[[Said], None], request: web.Request, handler: Handler
) -> web.StreamResponse:
    where = f"{request.method} {request.path}"
    if (length := request.content_length or 0) > LONG_BODY:
        tell(Said(f"{where}: {LONG.format(length)}"))
    answer = await handler(request)
    # Of the events of one request some may have been taken.
    if (answer.status == 207 or answer.status >= 400) and isinstance(answer, web.Response):
        why = f"refused: {where}: {answer.status} {answer.text or '':.{WHY_CHARS}}"
        tell(Said(why, is_trouble=True))
    return answer
