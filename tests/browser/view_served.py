"""The view on made-up events, served as a worker serves it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from aiohttp import web

from elfaust.records import Record, Source
from elfaust.settings import Settings
from elfaust.view.app import View
from elfaust.view.feed import Ring
from elfaust.view.seen import seen
from elfaust.web.hosts import only_known_hosts

ERRORS, RAW = "eventlogging_EventError", "eventlogging-client-side"
ADDRESS, AGENT = "203.0.113.77", "Mozilla/5.0 (X11; Linux x86_64) SecretBrowser/1"
SCHEMA = {"properties": {"word": {"type": "string", "required": True}, "n": {"type": "integer"}}}


class Served:
    """A server of the view in a thread of its own; events can be added meanwhile."""

    def __init__(self, folder: Path, profile: str = "dev") -> None:
        (folder / "Word").mkdir()
        (folder / "Word" / "1.json").write_text(json.dumps(SCHEMA))
        schemas = replace(Settings().schemas, folder=str(folder), wiki_url="")
        workers = replace(Settings().workers, state=str(folder / "state"))
        intake = replace(Settings().intake, on=True)
        self.settings = replace(
            Settings(), schemas=schemas, workers=workers, intake=intake, profile=profile
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._offset = 0
        self.address = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.view.streams.close())
        self.run(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Awaitable[Any]) -> Any:
        async def done() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(10)

    async def _start(self) -> None:
        self.feed = Ring()
        self.view = View(self.settings, self.feed, "http://127.0.0.1:1/")
        app = web.Application(middlewares=[only_known_hosts(self.settings)])
        app.add_routes(self.view.routes())
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"

    def add(self, *records: Record) -> None:
        """Add records of topics of events or errors."""

        async def adding() -> None:
            self.feed.add([seen(record, ERRORS) for record in records])

        self.run(adding())

    def event(self, schema: str = "Word", revision: int = 1, **event: Any) -> Record:
        """Return a record of a valid event."""
        self._offset += 1
        capsule = {
            "schema": schema,
            "revision": revision,
            "wiki": "enwiki",
            "uuid": f"{self._offset:032x}",
            "clientIp": ADDRESS,
            "userAgent": AGENT,
            "event": event or {"word": "hello"},
        }
        return self._record(f"eventlogging_{schema}_{revision}", capsule)

    def error(self, message: str = "5 is not of type 'string'", **more: Any) -> Record:
        """Return a record of an EventError."""
        self._offset += 1
        of = {"schema": "Word", "revision": 1, "wiki": "w", "event": {"word": 5}}
        query = quote(json.dumps(of))
        event = {
            "schema": "Word",
            "revision": 1,
            "code": "validation",
            "message": message,
            "path": "$.event.word",
            "hint": "Send $.event.word as string.",
            "rawEvent": f'?{query};\tcp1\t7\t2026-11-26T10:00:00\t{ADDRESS}\t"{AGENT}"',
        }
        capsule = {"schema": "EventError", "revision": 14035058, "wiki": "", "uuid": "f" * 32}
        return self._record(ERRORS, {**capsule, "event": event | more})

    def _record(self, topic: str, capsule: dict[str, Any]) -> Record:
        value, now = json.dumps(capsule).encode(), int(time.time() * 1000)
        return Record(topic, 0, self._offset, now, value, Source(RAW, self._offset))
