"""The addresses at which events are taken, an application of aiohttp.

    GET  /beacon/event?{percent-encoded JSON};     204, also at /beacon/event.gif and /event.gif
    POST to the same                               204, as `navigator.sendBeacon` and forms send
    POST /v1/events                                201 all are taken, 207 some, 400 none can be
                                                   read; ?hasty=true: 202, and nothing is promised
    OPTIONS                                        what browsers ask before a POST of JSON

503 with Retry-After: lines are not taken now, or too much is on its way; 408: too slow; 413 and
414: longer than the settings let it be. A line may have reached Kafka although its answer is 503.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from aiohttp import hdrs, web

from elfaust.events.wording import why_unreadable
from elfaust.intake.answers import TOO_LONG, away, invalid, of_each, outcome, said, too_slow
from elfaust.intake.bodies import events_of
from elfaust.intake.raw_lines import Client, RawLines
from elfaust.intake.taking import Outcome, Taker
from elfaust.metrics.table import INTAKE_IN_FLIGHT
from elfaust.metrics.values import values
from elfaust.settings import Settings

log = logging.getLogger(__name__)

#: Returns the headers that say whether a raw line is valid.
Verdict = Callable[[bytes], Awaitable[dict[str, str]]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
EVENTS = "/v1/events"
#: Seconds for which a browser keeps its permission.
PERMISSION = "600"
TOO_LONG_LINE = "longer than processor.max_line_bytes"
#: Profiles in which a page of a public site may send events to an address of this machine.
PRIVATE_NETWORK = ("beta", "dev")


class Intake:
    """Answers requests. Each answer is there within `intake.answer_seconds`."""

    def __init__(
        self, settings: Settings, lines: RawLines, taker: Taker, verdict: Verdict | None = None
    ) -> None:
        """Take what `lines` writes to `taker`; with a `verdict`, tell it of each beacon."""
        self._settings = settings.intake
        self._private_network = settings.profile in PRIVATE_NETWORK
        self._most_line_bytes = settings.processor.max_line_bytes
        self._lines = lines
        self._taker = taker
        self._verdict = verdict
        #: How many requests are being answered, and the bytes that their bodies have or may have.
        self.in_flight = self._bytes_in_flight = 0

    def application(self) -> web.Application:
        """Return the application."""
        app = web.Application(client_max_size=self._settings.body_bytes)
        app.add_routes(self.routes())
        values().ask(INTAKE_IN_FLIGHT, lambda: {(): self.in_flight})
        return app

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses, and what answers there."""
        path = self._settings.path
        beacons = dict.fromkeys((path, f"{path}.gif", "/event.gif"))
        beacon, events = self._bounded(self.beacon), self._bounded(self.events)
        permission = self._bounded(self.permission)
        return [
            *(web.get(at, beacon, allow_head=False) for at in beacons),
            *(web.post(at, beacon) for at in beacons),
            web.post(EVENTS, events),
            *(web.options(at, permission) for at in (*beacons, EVENTS)),
        ]

    def _bounded(self, handler: Handler) -> Handler:
        """Bound requests in number, bytes and time, and tell browsers what pages may see."""

        @wraps(handler)
        async def bounded(request: web.Request) -> web.StreamResponse:
            answer = await self._in_bounds(request, handler)
            answer.headers[hdrs.CACHE_CONTROL] = "no-store"
            if origin := request.headers.get(hdrs.ORIGIN):
                answer.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
                answer.headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
            answer.headers[hdrs.VARY] = hdrs.ORIGIN
            if request.content.exception() is not None:
                # Where the next request would begin is not known.
                answer.force_close()
            return answer

        return bounded

    async def _in_bounds(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        size = self._size(request)
        if size > self._settings.body_bytes:
            return self._too_much()
        # One alone is taken, however long it may be.
        bytes_now = self._bytes_in_flight and self._bytes_in_flight + size
        if self.in_flight >= self._settings.in_flight or bytes_now > self._settings.memory_bytes:
            return away()
        self.in_flight += 1
        self._bytes_in_flight += size
        try:
            async with asyncio.timeout(self._settings.answer_seconds):
                return await handler(request)
        except TimeoutError:
            return away() if request.content.is_eof() else too_slow()
        except OSError as error:
            log.warning("No answer to a request: %s", error)
            return away()
        except web.HTTPRequestEntityTooLarge:
            return self._too_much()
        except web.HTTPException as error:
            return said(error.status, error.reason)
        finally:
            self.in_flight -= 1
            self._bytes_in_flight -= size

    def _too_much(self) -> web.Response:
        return said(413, f"a request has at most {self._settings.body_bytes} bytes")

    def _size(self, request: web.Request) -> int:
        """Return how many bytes the body of a request may have."""
        if not request.body_exists:
            return 0
        given = request.content_length
        return self._settings.body_bytes if given is None else given

    async def permission(self, request: web.Request) -> web.Response:
        """Answer a browser that asks whether a page of another site may send this."""
        headers: dict[str, str] = {
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, POST",
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: hdrs.CONTENT_TYPE,
            hdrs.ACCESS_CONTROL_MAX_AGE: PERMISSION,
        }
        if self._private_network and "Access-Control-Request-Private-Network" in request.headers:
            headers["Access-Control-Allow-Private-Network"] = "true"
        return web.Response(status=204, headers=headers)

    async def beacon(self, request: web.Request) -> web.Response:
        """Take the event of an address; of a POST without one, the events of its body."""
        address = request.raw_path
        if len(address.encode("utf-8", "surrogateescape")) > self._settings.url_bytes:
            return said(414, f"an address has at most {self._settings.url_bytes} bytes")
        query = address.partition("?")[2]
        if not query and request.method == hdrs.METH_POST:
            answer = await self.events(request)
            return answer if answer.status > 202 else _no_content(answer)
        if not query:
            return said(400, "no event: the address ends without ?{percent-encoded JSON};")
        if self._taker.is_away:
            return away()
        try:
            line = self._lines.of_query(query, self._client(request))
        except RecursionError:
            return said(400, "nested too deep")
        told = await self._told(line)
        [taken] = await self._taker.take([line], acks=self._settings.acks)
        if taken is Outcome.AWAY:
            return away()
        if taken is Outcome.TOO_LONG:
            return said(414, TOO_LONG)
        return web.Response(status=204, headers=told)

    async def events(self, request: web.Request) -> web.Response:
        """Take the events of a body."""
        if self._taker.is_away:
            return away()
        try:
            events = await events_of(request, self._settings.max_events)
        except (ValueError, RecursionError) as error:
            return said(400, f"no event can be read: {why_unreadable(error)}")
        if not events:
            return said(400, "an empty array has no event")
        if len(events) > self._settings.max_events:
            return said(413, f"a request has at most {self._settings.max_events} events")
        hasty = request.query.get("hasty") == "true" or not self._settings.acks
        client = self._client(request)
        made = [self._line(event, client) for event in events]
        # They take many times the memory of their lines.
        del events
        lines = {n: line for n, line in enumerate(made) if isinstance(line, bytes)}
        outcomes = {n: invalid(n, why) for n, why in enumerate(made) if isinstance(why, str)}
        told = await self._told(*lines.values()) if len(made) == len(lines) == 1 else {}
        taken = await self._taker.take(list(lines.values()), acks=not hasty) if lines else []
        outcomes |= {n: outcome(n, of) for n, of in zip(lines, taken, strict=True)}
        answer = of_each([outcomes[n] for n in range(len(made))])
        answer.headers.update(told)
        return answer

    def _line(self, event: Any, client: Client) -> bytes | str:
        """Return the line of an event, or why there is none."""
        if not isinstance(event, dict):
            return "not a JSON object"
        try:
            line = self._lines.of_event(event, client)
        except RecursionError:
            return "nested too deep"
        return line if len(line) <= self._most_line_bytes else TOO_LONG_LINE

    async def _told(self, line: bytes) -> dict[str, str]:
        """Return the headers that tell the verdict on the event of a request that has one."""
        told = await self._verdict(line) if self._verdict else {}
        # Without it a page of another site does not see them.
        return told | {str(hdrs.ACCESS_CONTROL_EXPOSE_HEADERS): ", ".join(told)} if told else {}

    def _client(self, request: web.Request) -> Client:
        named = self._settings.client_header
        address = request.headers.get(named, "") if named else request.remote or ""
        headers = request.headers
        return Client(address, headers.get(hdrs.USER_AGENT, ""), headers.get("Sec-Purpose", ""))


def _no_content(answer: web.Response) -> web.Response:
    """Return an answer that leaves the page of a form where it is."""
    told = {name: value for name, value in answer.headers.items() if name != hdrs.CONTENT_TYPE}
    return web.Response(status=204, headers=told)
