"""An intake, and a page of another site, as servers of the test's own give them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import unused_port

from elfaust.events.lines import LineParser
from tests.unit.intake.requests import FORMAT, Kafka, having, serving

PAGE = """<!doctype html><title>A page</title><link rel="icon" href="data:,">
<iframe name="other"></iframe>
<form method="post" target="other"><input name="event"></form>"""


class Served:
    """Both servers in a thread of their own."""

    def __init__(self) -> None:
        self.settings = having("beta")
        self.intake = self.settings.intake.url
        self.site = f"http://127.0.0.1:{unused_port()}/"
        self._kafka = Kafka()
        self._stack = AsyncExitStack()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _start(self) -> None:
        async def verdict(line: bytes) -> dict[str, str]:
            return {"Requested-Event-Valid": "1"}

        async def page(request: web.Request) -> web.Response:
            return web.Response(text=PAGE, content_type="text/html")

        await self._stack.enter_async_context(serving(self.settings, self._kafka, verdict))
        app = web.Application()
        app.router.add_get("/", page)
        runner = web.AppRunner(app)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", int(self.site.rpartition(":")[2].strip("/"))).start()

    def events(self, count: int) -> list[dict[str, Any]]:
        """Return what the lines hold that came, as soon as there are so many."""
        deadline = time.monotonic() + 60
        while len(self._kafka.lines) < count:
            assert time.monotonic() < deadline, self._kafka.lines
            time.sleep(0.01)
        return [LineParser(FORMAT).parse(line) for line in self._kafka.lines]
