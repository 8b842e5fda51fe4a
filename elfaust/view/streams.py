"""Events as they come, as server-sent events: bounded in number, in time, and by their readers.

event: rows     data: rows of the page's table, as a JSON text, the newest first (?form=rows)
(no name)       data: one event as JSON, the oldest first; id: its number
event: state    data: why nothing comes, or what is passed over, as a JSON text
event: over     ten minutes are over
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from time import monotonic

import orjson
from aiohttp import web

from elfaust.view import pages
from elfaust.view.answers import HEADERS
from elfaust.view.feed import Feed, Numbered
from elfaust.view.filters import Filter

#: Seconds for which one stream goes on, between two looks, until something is said at all, and
#: for which a reader may read nothing.
MOST_SECONDS, TICK_SECONDS, QUIET_SECONDS, SLOW_SECONDS = 600.0, 0.25, 2.0, 10.0
#: Events of one look, as rows for a person and as JSON for a program; and streams at once.
MOST_ROWS, MOST_JSON, MOST_STREAMS = 25, 500, 200
LEFT_OUT = "More comes than is shown: some events are left out."
TOO_MANY = f'{{"error": "{MOST_STREAMS} others wait for events: try again"}}'
#: What is said to a program that has not been given all.
FORGOTTEN = "More has come than is remembered here: the oldest are left out."
#: Bytes that wait for a reader before nothing more is written.
WAITING_BYTES = 64 * 1024


class Streams:
    """The streams that are open; all of them read one feed."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._open: set[asyncio.Task[object]] = set()

    def __len__(self) -> int:
        return len(self._open)

    async def close(self) -> None:
        """End all streams: a server that stops would wait for them."""
        for task in list(self._open):
            task.cancel()

    async def answer(
        self, request: web.Request, picked: Filter, as_rows: bool
    ) -> web.StreamResponse:
        """Answer with what a filter picks, until the reader goes, is slow, or the time is over."""
        with self.one():
            response = web.StreamResponse(headers={**HEADERS, "X-Accel-Buffering": "no"})
            response.content_type = "text/event-stream"
            await response.prepare(request)
            if request.transport is not None:
                request.transport.set_write_buffer_limits(WAITING_BYTES)
            await self._write_on(request, response, picked, as_rows)
            return response

    @contextmanager
    def one(self) -> Iterator[None]:
        """Return a context in which the task is one of those that are bounded, and end with all."""
        if len(self._open) >= MOST_STREAMS:
            raise web.HTTPServiceUnavailable(
                text=TOO_MANY, content_type="application/json", headers={"Retry-After": "60"}
            )
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            yield
        finally:
            self._open.discard(task)

    async def _write_on(
        self, request: web.Request, response: web.StreamResponse, picked: Filter, as_rows: bool
    ) -> None:
        number, until, state = _after(request, self._feed.last), monotonic() + MOST_SECONDS, None
        most, is_all, lost = MOST_ROWS if as_rows else MOST_JSON, True, False
        with self._feed.looking():
            while (left := until - monotonic()) > 0:
                lost = lost or (not as_rows and self._feed.forgotten(picked.status) > number)
                later = self._feed.after(number, picked.status)
                number = self._feed.last
                fitting = (one for one in later if picked.fits(one.seen))
                text = _events(list(islice(fitting, most)), number, as_rows)
                is_all = is_all and next(fitting, None) is None
                now = state_of(self._feed, lost) or ("" if is_all else LEFT_OUT)
                if now != state:
                    state = now
                    text += _said("state", orjson.dumps(state))
                if not await _written(request, response, text or b": nothing new\n\n"):
                    return
                await self._feed.wait(number, min(QUIET_SECONDS, left))
                # What comes at once is told at once.
                await asyncio.sleep(TICK_SECONDS)
            await _written(request, response, _said("over", b'""'))


def state_of(feed: Feed, lost: bool = False) -> str:
    """Say why nothing new comes, or what is passed over, "" where all is well."""
    if feed.trouble:
        return f"Kafka gives nothing now: {feed.trouble}."
    if lost:
        return FORGOTTEN
    passed = feed.passed_over
    return f"More comes than can be shown: {passed:,} events were passed over." if passed else ""


def is_gone(request: web.Request) -> bool:
    """Tell whether nobody waits for the answer any more: aiohttp does not say so by itself."""
    return request.transport is None or request.transport.is_closing()


async def _written(request: web.Request, response: web.StreamResponse, text: bytes) -> bool:
    """Write; tell whether the reader is there, and reads."""
    try:
        async with asyncio.timeout(SLOW_SECONDS):
            await response.write(text)
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
        return False
    except ConnectionError:
        return False
    return True


def _after(request: web.Request, last: int) -> int:
    """Return the number behind which to begin: where a reader was that comes again, or now."""
    given = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    if not (given.isascii() and given.isdigit() and len(given) < 20):
        return last
    # Higher than all: it is of a worker before this one.
    return min(int(given), last)


def _events(found: list[Numbered], number: int, as_rows: bool) -> bytes:
    if not found:
        return b""
    if as_rows:
        return b"id: %d\n" % number + _said("rows", orjson.dumps(pages.rows(found)))
    return b"".join(
        b"id: %d\ndata: %s\n\n" % (one.number, orjson.dumps(one.seen.as_json()))
        for one in reversed(found)
    )


def _said(event: str, data: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (event.encode(), data)
