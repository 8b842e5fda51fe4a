"""A schema wiki on loopback, and a folder of schemas."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from elfaust.records import SchemaKey
from elfaust.settings import Schemas

EVENT = {"type": "object", "properties": {"a": {"type": "string"}}}

EDIT = SchemaKey("Edit", 7)


class Wiki:
    """A schema wiki that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: web.Response | None = None
        #: Seconds until it answers.
        self.takes = 0.0
        self.url = ""
        #: Revisions that it has; empty: all.
        self.has: set[str] = set()
        self.at_once = self.most_at_once = 0

    async def handle(self, request: web.Request) -> web.Response:
        revision = request.query["revid"]
        self.asked.append(revision)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            # Who has hung up is not waited for.
            end = time.monotonic() + self.takes
            while time.monotonic() < end and request.transport is not None:
                await asyncio.sleep(0.01)
        finally:
            self.at_once -= 1
        if self.has and revision not in self.has:
            return web.Response(status=404)
        if self.answer is None:
            return web.json_response(EVENT)
        told = self.answer
        return web.Response(status=told.status, body=told.body, headers={"Location": "/elsewhere"})


@asynccontextmanager
async def serving(served: Wiki, port: int = 0) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_get("/api.php", served.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api.php"
    try:
        yield
    finally:
        await runner.cleanup()


def settings(folder: Path, url: str = "") -> Schemas:
    return dataclasses.replace(Schemas(), folder=str(folder), wiki_url=url, wiki_timeout=10.0)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.005)


def put(folder: Path, text: str) -> None:
    (folder / "Edit").mkdir()
    (folder / "Edit" / "7.json").write_text(text)
