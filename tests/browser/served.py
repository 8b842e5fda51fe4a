"""The start page on made-up counts and workers, served as a worker serves it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from elfaust.counts.entry import CountKey
from elfaust.counts.usual import Mark
from elfaust.counts.view import View
from elfaust.overview.overview import Overview
from elfaust.overview.worker_said import Lag, Trouble, WorkerSaid
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.web.board import Beside
from elfaust.web.hosts import only_known_hosts
from elfaust.web.throughput import StartPage
from tests.stand_in import stand_in

ROLES = ("throughput", "processor", "mysql", "hdfs", "forwarder")
GONE = "MariaDB 127.0.0.1:3306: (2002, \"Can't connect to server on '127.0.0.1' (115)\")"


class Served:
    """A server of the page in a thread of its own; what it shows can be changed meanwhile."""

    def __init__(self) -> None:
        self.view = View(15, keep_minutes=61)
        self.view.complete, self.view.as_of = True, time.time()
        self._watch = stand_in(overview=None, current=self._current)
        self.page = StartPage(Settings(), stand_in(view=self.view), self._watch)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._runner: web.AppRunner | None = None
        self.address = ""
        self.add("Edit", 7, valid=600)
        self.add("Search", 12, valid=300, validation=4)
        self.add("Alpha", 3, valid=1)
        self.well()

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def stop(self) -> None:
        """Have the server answer no more."""
        if self._runner is not None:
            self._run(self._runner.cleanup())
            self._runner = None

    def _run(self, work: Awaitable[Any]) -> Any:
        async def done() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(10)

    async def _start(self) -> None:
        app = web.Application(middlewares=[only_known_hosts(Settings())])
        app.add_routes(self.page.routes())
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.address = f"http://127.0.0.1:{port}/"

    def add(self, schema: str, revision: int, valid: int = 0, **errors: int) -> None:
        """Add counts of a schema revision, in each of the last 30 minutes and at all."""
        this, topic = int(time.time() // 60), f"eventlogging_{schema}_{revision}"
        for code, count in {"": valid, **errors}.items():
            if not count:
                continue
            for minute in (None, *range(this - 30, this + 1)):
                number = count if minute else 31 * count
                entry = {"count": number, "last": this * 60_000, "positions": {}}
                key = CountKey(0, topic, schema, revision, code, minute)
                self.view.apply(key, entry)

    async def _current(self) -> Overview | None:
        overview: Overview | None = self._watch.overview
        return overview

    def show(self, *workers: WorkerSaid) -> None:
        """Have these workers, and one that is well of each other role."""
        roles, now = {one.role for one in workers}, time.time()
        rest = [worker(role, pid=n) for n, role in enumerate(ROLES, 4_000) if role not in roles]
        self._watch.overview = Overview(now, ROLES, (*workers, *rest))
        self.view.as_of = now

    def well(self) -> None:
        """Have all workers well."""
        self.show()

    def troubled(self) -> None:
        """Have servers away, events held, and schemas that are unusual."""
        now = time.time()
        gone = (Trouble(GONE, now - 250),)
        held = (Trouble("table `Edit_7`: column event_x is missing", now - 4_000),)
        self.show(
            worker("mysql", "waiting", 1, waits_for=gone, lag={"a": Lag(51_000, 250.0, now - 3)}),
            worker("mysql", "silent", 2, said=now - 90, error="no answer within 4 s"),
            worker("hdfs", "held", 3, held=held),
        )
        marks = {SchemaKey("Search", 12): Mark("silent", "no event since 10:00, usually 500")}
        self.page._beside = Beside(None, marks, ())


def worker(role: str, state: str = "running", pid: int = 1, **more: Any) -> WorkerSaid:
    """Return what a worker has said just now."""
    now = time.time()
    said = {"said": now, "lag": {"eventlogging-client-side": Lag(0, 0.0, now)}, **more}
    return WorkerSaid(role, pid, f"http://127.0.0.1:{pid}/", state, **said)
