"""The addresses of the view.

    GET  /events                    the last events, all, valid or failed (?show=), picked by
                                    ?filter= (filters.py); the page goes on as they come
    GET  /events/stream             server-sent events: what comes after the number ?after=
    GET  /errors                    errors in groups by what is wrong
    GET  /raw/TOPIC/LANE/OFFSET     one record
    GET  /event/UUID                one of the last events, with its line and its row
    GET  /schemas, /schemas/NAME/REVISION  schema_pages.py
    GET  /freshness                 freshness_page.py
    GET  /validate, POST /validate  the verdict on what is pasted
    GET  /view/static/NAME          styles and scripts
    /api/events, /api/reset         api.py, in profiles beta and dev

Each but the last two and the stream is JSON with ?format=json or by its Accept header; lists are
also NDJSON and CSV. Nothing is stored, and nothing is asked but Kafka and the schema wiki, and
the stores for /event and /freshness.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import islice
from typing import Any, NamedTuple

from aiohttp import web

from elfaust.settings import Settings
from elfaust.view import pages
from elfaust.view.answers import answer, as_json, download, form_of
from elfaust.view.api import Api
from elfaust.view.checked import Checked, check
from elfaust.view.feed import Feed, Numbered
from elfaust.view.filters import Filter, FilterError, parse
from elfaust.view.freshness_page import FreshnessPage
from elfaust.view.groups import groups
from elfaust.view.judges import Asked
from elfaust.view.one_event import one_event
from elfaust.view.one_record import one_record
from elfaust.view.pasted import Unclear, pasted, posted
from elfaust.view.schema_pages import SchemaPages
from elfaust.view.seen import FAILED, VALID, when
from elfaust.view.site import Site
from elfaust.view.stored import Stored
from elfaust.view.streams import Streams, state_of

#: Events on a page, and in a file.
MOST_SHOWN, MOST_KEPT = 500, 5_000
SHOW = {"all": "", "valid": VALID, "failed": FAILED}
_LANE, _OFFSET = re.compile("[0-9]{1,9}"), re.compile("[0-9]{1,18}")
_UUID = re.compile("[0-9a-f]{32}")
STATIC = {
    "start.css": ("elfaust.web", "text/css"),
    "icon.svg": ("elfaust.web", "image/svg+xml"),
    "view.css": ("elfaust.view", "text/css"),
    "events.js": ("elfaust.view", "text/javascript"),
}


class Picked(NamedTuple):
    """Events that a filter picks, the newest first, the number of the last event, what is wrong."""

    events: list[Numbered]
    after: int
    fault: str = ""


class View:
    """Answers with what a feed gives; `start` is the address of the start page, "" for none."""

    def __init__(self, settings: Settings, feed: Feed, start: str = "") -> None:
        self._settings = settings
        self._feed = feed
        self._site = Site(settings, start)
        self._freshness = FreshnessPage(settings, self._site)
        self._schemas = SchemaPages(settings, feed, self._site)
        #: Verdicts are given one after the other: they take the processor's time.
        self._checking = asyncio.Lock()
        self._stored = Stored(settings)
        self.streams = Streams(feed)
        self._api = Api(settings, feed, self.streams)
        self._static = {
            name: ((files(room) / "static" / name).read_bytes(), kind)
            for name, (room, kind) in STATIC.items()
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses, and what answers there."""
        return [
            web.get("/", self.first),
            web.get("/events", self.events),
            web.get("/events/stream", self.stream),
            web.get("/errors", self.errors),
            web.get("/raw/{topic}/{lane}/{offset}", self.raw),
            web.get("/event/{uuid}", self.event),
            web.get("/validate", self.validate),
            web.post("/validate", self.validate),
            web.get("/view/static/{name}", self.static),
            web.get("/freshness", self._freshness.page),
            *self._schemas.routes(),
            *self._api.routes(),
        ]

    async def first(self, request: web.Request) -> web.Response:
        """Lead to the events."""
        raise web.HTTPFound("events")

    async def static(self, request: web.Request) -> web.Response:
        """Answer with one of the known files."""
        if (name := request.match_info["name"]) not in self._static:
            raise web.HTTPNotFound
        return answer(*self._static[name])

    async def events(self, request: web.Request) -> web.Response:
        """Answer with the last events."""
        form, show = form_of(request), _shown(request)
        most = MOST_SHOWN if form in ("html", "json") else MOST_KEPT
        found, after, fault = await self._picked(request, SHOW[show], most)
        if fault and form != "html":
            return as_json({"error": fault}, 400)
        if form in ("ndjson", "csv"):
            return await asyncio.to_thread(download, _listed(found), form, f"events-{show}")
        state = state_of(self._feed)
        if form == "json":
            listed = await asyncio.to_thread(list, _listed(found))
            return as_json({"state": state, "after": after, "events": listed})
        return await self._site.page(
            "events.html",
            "events",
            request,
            400 if fault else 200,
            show=show,
            filter=request.query.get("filter", ""),
            fault=fault,
            paused="paused" in request.query,
            trouble=state,
            after=after,
            most=MOST_SHOWN,
            rows=await asyncio.to_thread(pages.rows, found),
        )

    async def _picked(self, request: web.Request, status: str, most: int) -> Picked:
        """Return the last events that a request's filter picks, or why it is no filter.

        The first look waits for what is in Kafka.
        """
        try:
            picked = parse(request.query.get("filter", ""), status)
        except FilterError as error:
            return Picked([], 0, str(error))
        with self._feed.looking():
            await self._feed.fresh()
            known, last = self._feed.after(0, status), self._feed.last
        return Picked(await asyncio.to_thread(_pick, known, picked, most), last)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Answer with events as they come."""
        try:
            picked = parse(request.query.get("filter", ""), SHOW[_shown(request)])
        except FilterError as error:
            return as_json({"error": str(error)}, 400)
        return await self.streams.answer(request, picked, request.query.get("form") == "rows")

    async def errors(self, request: web.Request) -> web.Response:
        """Answer with errors by group."""
        form = form_of(request)
        numbered, _, fault = await self._picked(request, FAILED, MOST_KEPT)
        if fault and form != "html":
            return as_json({"error": fault}, 400)
        errors = [one.seen for one in numbered]
        found = await asyncio.to_thread(groups, errors)
        since = min((one.time for one in errors), default=0)
        if form in ("ndjson", "csv"):
            return download([group.as_json() for group in found], form, "errors")
        state = state_of(self._feed)
        if form == "json":
            listed = [group.as_json() for group in found]
            about = {"state": state, "errors": len(errors), "since": when(since) if since else None}
            return as_json({**about, "groups": listed})
        return await self._site.page(
            "errors.html",
            "errors",
            request,
            400 if fault else 200,
            filter=request.query.get("filter", ""),
            fault=fault,
            trouble=state,
            groups=found[:MOST_SHOWN],
            number=len(errors),
            since=since,
        )

    async def raw(self, request: web.Request) -> web.Response:
        """Answer with one record, or why there is none."""
        of = request.match_info
        if not (_LANE.fullmatch(of["lane"]) and _OFFSET.fullmatch(of["offset"])):
            why = "A record has the address /raw/TOPIC/PARTITION/OFFSET, the last two numbers."
            return await self._site.none(request, "events", why)
        place = of["topic"], int(of["lane"]), int(of["offset"])
        one = await one_record(self._settings, self._feed, self._check, *place)
        if form_of(request) != "html":
            return as_json(one.as_json(), one.status)
        return await self._site.page(
            "record.html", "", request, one.status, one=one, **one._asdict()
        )

    async def event(self, request: web.Request) -> web.Response:
        """Answer with one event, if it is among the last ones."""
        uuid = request.match_info["uuid"]
        one = None
        if _UUID.fullmatch(uuid):
            one = await one_event(self._settings, self._feed, self._check, self._stored, uuid)
        if one is None:
            return await self._site.none(request, "events", "It is not among the last events.")
        if form_of(request) != "html":
            return as_json(one.as_json())
        return await self._site.page("event.html", "", request, 200, one=one)

    async def validate(self, request: web.Request) -> web.Response:
        """Answer with the verdict on what was sent, and every fault of it."""
        text, fault, status, judged = "", "", 200, list[Checked]()
        if request.method == "POST":
            try:
                text = await posted(request)
                judged = await self._check([Asked.of(item) for item in pasted(text)])
            except Unclear as error:
                fault, status = str(error), error.status
        if form_of(request) != "html":
            found = {"events": [one.as_json() for one in judged]}
            return as_json({"error": fault} if fault else found, status)
        return await self._site.page(
            "validate.html", "validate", request, status, text=text, fault=fault, judged=judged
        )

    async def _check(self, lines: Sequence[Asked]) -> list[Checked]:
        async with self._checking:
            return await asyncio.to_thread(check, self._settings, lines)


def _pick(known: Sequence[Numbered], picked: Filter, most: int) -> list[Numbered]:
    return list(islice((one for one in known if picked.fits(one.seen)), most))


def _listed(found: Sequence[Numbered]) -> Iterator[dict[str, Any]]:
    return (one.seen.as_json() for one in found)


def _shown(request: web.Request) -> str:
    show = request.query.get("show", "all")
    return show if show in SHOW else "all"
