"""Look-ups in the background: few at a time, so many a second, again until there is an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import NamedTuple

import aiohttp

from elfaust.boundary import unforeseen
from elfaust.records import SchemaKey
from elfaust.schema.lookup.queue import MAX_QUEUED, LookupQueue
from elfaust.settings import Schemas

#: Seconds until what gave no answer is tried again: each time as long again, to the longest.
PAUSE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 10.0
#: Seconds for which the connections are kept while nothing is wanted.
IDLE_SECONDS = 15.0


class Trouble(NamedTuple):
    """Why a look-up gave no answer, and whether look-ups of all schemas would fail for it now."""

    reason: str
    of_all: bool


LookUp = Callable[[aiohttp.ClientSession, SchemaKey], Awaitable[Trouble | None]]
Session = Callable[[], AbstractAsyncContextManager[aiohttp.ClientSession]]


class BackgroundLookups:
    """Looks wanted schemas up on the running loop, from the first request until none is left.

    A schema that gave no answer pauses; where that concerns all, all pause, after which one
    look-up at a time shows whether it is over. Everything here is of one thread.
    """

    def __init__(self, look_up: LookUp, session: Session, settings: Schemas) -> None:
        """Call `look_up`, which returns None where it had a definite answer."""
        self._look_up = look_up
        self._session = session
        self._settings = settings
        self._queue = LookupQueue()
        self._under_way: set[asyncio.Task[None]] = set()
        self._runner: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._waiters: set[asyncio.Future[None]] = set()
        self._next_turn = 0.0
        self._away = _Away()
        self._answered: set[SchemaKey] = set()

    def ask(self, keys: Iterable[SchemaKey]) -> None:
        """Have schemas looked up; each mention of one is a wish more for it."""
        for key in keys:
            self._queue.add(key)
        if not self._queue:
            return
        if self._runner is None or self._runner.done():
            self._news = asyncio.Event()
            self._runner = asyncio.get_running_loop().create_task(self._run())
        self._news.set()

    def why(self, key: SchemaKey) -> str:
        """Say what stands between a schema and its answer."""
        request = self._queue.get(key)
        if request is not None and request.reason:
            return request.reason
        if self._away.why:
            return self._away.why
        if request is None and len(self._queue) >= MAX_QUEUED:
            return f"{MAX_QUEUED} others are looked up before it"
        return "it is being looked up"

    def tried(self, key: SchemaKey) -> bool:
        """Tell whether a schema was looked up in vain, or does not wait for it."""
        request = self._queue.get(key)
        return request is None or request.tries > 0

    def away_for(self) -> float:
        """Return for how many seconds there has been no answer to anybody."""
        return time.monotonic() - self._away.since if self._away.why else 0.0

    def answered(self) -> set[SchemaKey]:
        """Return the keys that have had an answer since the last call."""
        answered, self._answered = self._answered, set()
        return answered

    async def wait_changed(self, timeout: float) -> None:
        """Wait until a look-up ends or the time, in seconds, is over.

        What has ended before the call does not end it: look first.
        """
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait([waiter], timeout=timeout)
        finally:
            self._waiters.discard(waiter)

    async def close(self) -> None:
        """End all look-ups; those that wait may be asked for again."""
        runner, self._runner = self._runner, None
        if runner is not None:
            runner.cancel()
            with suppress(asyncio.CancelledError):
                await runner

    async def _run(self) -> None:
        async with self._session() as session, self._ending():
            while (key := await self._next()) is not None:
                task = asyncio.create_task(self._try(session, key))
                self._under_way.add(task)
                task.add_done_callback(self._ended)
            # From here on who asks needs another runner.
            self._runner = None

    @asynccontextmanager
    async def _ending(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _next(self) -> SchemaKey | None:
        """Return the next key once it may be looked up, None where none was wanted for long."""
        while True:
            now = time.monotonic()
            # One look-up shows whether the others would get an answer.
            most = 1 if self._away.why else self._settings.wiki_calls
            turn = max(self._next_turn, self._away.until)
            if len(self._under_way) >= most:
                await self._wait(None)
            elif turn > now:
                await asyncio.sleep(turn - now)
            elif (key := self._queue.take(now)) is not None:
                self._next_turn = now + 1 / self._settings.wiki_rate
                return key
            elif not await self._wait(self._idle(now)) and not self._queue:
                return None

    def _idle(self, now: float) -> float | None:
        if self._under_way:
            return None
        end = self._queue.next_end()
        return IDLE_SECONDS if end is None else max(0.0, end - now)

    async def _wait(self, timeout: float | None) -> bool:
        """Wait for news; return whether there were any in time."""
        try:
            await asyncio.wait_for(self._news.wait(), timeout)
        except TimeoutError:
            return False
        self._news.clear()
        return True

    async def _try(self, session: aiohttp.ClientSession, key: SchemaKey) -> None:
        began = time.monotonic()
        try:
            trouble = await self._look_up(session, key)
        except asyncio.CancelledError:
            self._queue.pause(key, 0.0)
            raise
        except Exception as error:
            trouble = Trouble(unforeseen(error, "processor", *key).message, of_all=False)
        if trouble is None:
            self._queue.done(key)
            self._answered.add(key)
            self._away = _Away()
        else:
            if tries := self._queue.failed(key, trouble.reason):
                self._queue.pause(key, time.monotonic() + _pause(tries))
            if trouble.of_all:
                self._away = self._away.again(began, trouble.reason)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._news.set()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)


class _Away(NamedTuple):
    """Since when nobody had an answer, why (`""`: there are answers), and until when all pause."""

    since: float = 0.0
    why: str = ""
    until: float = 0.0
    tries: int = 0

    def again(self, began: float, why: str) -> _Away:
        """Return what is so after one more look-up without an answer, which began at a time."""
        # Those side by side count once.
        tries = self.tries + (began >= self.until)
        since = self.since if self.why else began
        return _Away(since, why, time.monotonic() + _pause(tries), tries)


def _pause(tries: int) -> float:
    return min(PAUSE_SECONDS * 2.0 ** min(tries - 1, 10), MAX_PAUSE_SECONDS)
