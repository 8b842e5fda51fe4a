"""What tests of features ask, in the profiles beta and dev alone.

    GET  /api/events    the events and errors that have come, the oldest first: {"after": cursor,
                        "events": [what seen.py describes], "state": why none come}
    POST /api/reset     {"after": cursor}: events so far are shown no more to who gives no cursor

A test takes a cursor, acts, and asks with ?after=CURSOR&count=1&wait=10 for what has come since:
the answer is there as soon as so many events are, or after so many seconds with those that there
are. ?status=all|valid|failed, schema=, filter= (filters.py) and since= (a time in ISO 8601) pick
among them. A reset takes nothing from whoever has a cursor, nor from the pages. guard.py says who
may ask.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import NamedTuple

from aiohttp import hdrs, web

from elfaust.settings import Settings
from elfaust.view.answers import as_json
from elfaust.view.feed import Feed, Numbered
from elfaust.view.filters import Filter, FilterError, parse
from elfaust.view.guard import Guard
from elfaust.view.seen import FAILED, VALID
from elfaust.view.streams import QUIET_SECONDS, Streams, is_gone, state_of

#: Profiles in which it answers.
PROFILES = ("beta", "dev")
STATUS = {"all": "", VALID: VALID, FAILED: FAILED}
#: Events of an answer, and seconds for which a request may wait.
MOST_EVENTS, MOST_SECONDS = 500, 60.0
#: Seconds after which a reset may be tried again.
RETRY = "2"
RESTARTED = "the cursor {!r:.60} is none of this process: take a new one by POST /api/reset"
NO_NUMBER = "{} is a number from 0 to {:g}, not {!r:.60}"
NO_STATUS = "status is all, valid or failed, not {!r:.60}"
NO_TIME = "since is a time in ISO 8601 such as 2026-11-26T17:00:00Z, not {!r:.60}"


class _Fault(ValueError):
    """Why a request cannot be answered."""


class _Asked(NamedTuple):
    """What is asked for: events after a number and a time (ms), so many, within seconds."""

    picked: Filter
    schema: str
    after: int
    since: int
    enough: int
    wait: float

    def of(self, events: Sequence[Numbered]) -> list[Numbered]:
        """Return what is asked for of events, the newest first; the oldest first."""
        return [one for one in reversed(events) if self._fits(one)]

    def _fits(self, one: Numbered) -> bool:
        of = one.seen
        return of.time >= self.since and self.schema in ("", of.schema) and self.picked.fits(of)


class Api:
    """Answers with what a feed gives."""

    def __init__(self, settings: Settings, feed: Feed, streams: Streams) -> None:
        """Have requests that wait be among the `streams`: bounded with them, and ended."""
        self._is_on = settings.profile in PROFILES
        self._feed, self._streams = feed, streams
        self._guard = Guard(settings)
        #: Another process counts otherwise.
        self._process = secrets.token_hex(4)
        self._reset = 0

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses, and what answers there; none in other profiles."""
        if not self._is_on:
            return []
        return [
            web.get("/api/events", self._guard.of(self.events)),
            web.post("/api/reset", self._guard.of(self.reset)),
            *(web.options(at, self._guard.permission) for at in ("/api/events", "/api/reset")),
        ]

    async def events(self, request: web.Request) -> web.Response:
        """Answer with events, when there are as many as were asked for, or the time is over."""
        try:
            asked = self._asked(request.query)
        except (_Fault, FilterError) as error:
            return as_json({"error": str(error)}, 400)
        with self._streams.one():
            found, last = await self._found(request, asked)
        return as_json(
            {
                "after": self._cursor(last),
                "events": [one.seen.as_json() for one in found],
                "state": self._state(request, asked),
            }
        )

    async def reset(self, request: web.Request) -> web.Response:
        """Answer with a cursor of now; later requests without one begin there too."""
        with self._feed.looking():
            await self._feed.fresh()
            if self._feed.trouble:
                # What has come by now would be what came since.
                error = f"Kafka does not tell what has come by now: {self._feed.trouble}"
                answer = as_json({"error": error}, 503)
                answer.headers[hdrs.RETRY_AFTER] = RETRY
                return answer
            self._reset = self._feed.last
        return as_json({"after": self._cursor(self._reset)})

    def _state(self, request: web.Request, asked: _Asked) -> str:
        """Say why nothing comes, or what has come and is not there any more."""
        forgotten = self._feed.forgotten(asked.picked.status)
        return state_of(self._feed, lost="after" in request.query and forgotten > asked.after)

    async def _found(self, request: web.Request, asked: _Asked) -> tuple[list[Numbered], int]:
        """Return events, the oldest first, and the number behind which to go on."""
        found, last, until = list[Numbered](), asked.after, monotonic() + asked.wait
        with self._feed.looking():
            await self._feed.fresh()
            while True:
                later, last = self._feed.after(last, asked.picked.status), self._feed.last
                found += await asyncio.to_thread(asked.of, later)
                left = until - monotonic()
                if len(found) >= asked.enough or left <= 0 or is_gone(request):
                    break
                await self._feed.wait(last, min(left, QUIET_SECONDS))
        if len(found) > MOST_EVENTS:
            del found[MOST_EVENTS:]
            last = found[-1].number
        return found, last

    def _asked(self, query: Mapping[str, str]) -> _Asked:
        status = query.get("status", "all")
        if status not in STATUS:
            raise _Fault(NO_STATUS.format(status))
        return _Asked(
            parse(query.get("filter", ""), STATUS[status]),
            query.get("schema", ""),
            self._number(query["after"]) if "after" in query else self._reset,
            _time(query["since"]) if "since" in query else -1,
            int(_number(query, "count", "1", MOST_EVENTS)),
            _number(query, "wait", "0", MOST_SECONDS),
        )

    def _cursor(self, number: int) -> str:
        return f"{self._process}-{number}"

    def _number(self, cursor: str) -> int:
        process, _, number = cursor.partition("-")
        if process != self._process or not re.fullmatch("[0-9]{1,18}", number):
            raise _Fault(RESTARTED.format(cursor))
        return int(number)


def _number(query: Mapping[str, str], name: str, default: str, most: float) -> float:
    text = query.get(name, default)
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) or float(text) > most:
        raise _Fault(NO_NUMBER.format(name, most, text))
    return float(text)


def _time(text: str) -> int:
    """Return a time in milliseconds since the epoch; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text)
        zoned = found if found.tzinfo else found.replace(tzinfo=UTC)
        return int(zoned.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise _Fault(NO_TIME.format(text)) from error
