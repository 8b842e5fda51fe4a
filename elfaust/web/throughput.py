"""The start page of the throughput role, the same as JSON, and their static files.

    GET / or /throughput/           the page (elfaust/web/query.py: what its address can ask for);
                                    JSON if asked for with ?format=json or Accept
    GET /throughput/data.json       JSON, its shape described in elfaust/web/board_json.py
    GET /throughput/static/NAME     the page's styles and scripts

It only reads. Every worker of the role shows the counts of all of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from importlib.resources import files

import orjson
from aiohttp import web

from elfaust.counts.reader import CountsReader
from elfaust.counts.usual import marks
from elfaust.overview.look import Watch
from elfaust.records import SchemaKey
from elfaust.schema.lookup.cache import SchemaCache
from elfaust.schema.lookup.folder import SchemaFolder
from elfaust.settings import Settings, state_folder
from elfaust.web.board import Beside, Board, board
from elfaust.web.board_json import as_json
from elfaust.web.pages import render
from elfaust.web.query import parse
from elfaust.workers.worker import Worker

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Vary": "Accept",
}

STATIC = {
    "start.css": "text/css",
    "refresh.js": "text/javascript",
    "chart.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "uPlot.iife.min.js": "text/javascript",
    "uPlot.min.css": "text/css",
    "uPlot.LICENSE": "text/plain",
}


#: Seconds between two reckonings, and while the counts are not complete yet.
MINUTE, SOON = 60.0, 2.0


class StartPage:
    """Answers requests from what is known; for who looks first it waits a moment for workers."""

    def __init__(self, settings: Settings, reader: CountsReader, watch: Watch) -> None:
        self._settings = settings
        self._reader = reader
        self._watch = watch
        self._beside = Beside()
        self._static = {
            name: (files("elfaust.web") / "static" / name).read_bytes() for name in STATIC
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses, and what answers there."""
        return [
            web.get("/", self.page),
            web.get("/throughput", self.without_slash),
            web.get("/throughput/", self.page),
            web.get("/throughput/data.json", self.data),
            web.get("/throughput/static/{name}", self.static),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """Answer with the page, or with JSON."""
        if wants_json(request.query.get("format"), request.headers.get("Accept", "")):
            return await self.data(request)
        base = "throughput/" if request.path == "/" else ""
        now = await self._board()
        # In a thread: it may be hundreds of rows, and events go on.
        html = await asyncio.to_thread(render, now, parse(request.query), self._settings, base)
        return _answer(html.encode(), "text/html")

    async def data(self, request: web.Request) -> web.Response:
        """Answer with JSON."""
        found = as_json(self._reader.view, await self._board())
        return _answer(await asyncio.to_thread(orjson.dumps, found), "application/json")

    async def without_slash(self, request: web.Request) -> web.Response:
        """Lead to the page."""
        raise web.HTTPMovedPermanently("throughput/")

    async def static(self, request: web.Request) -> web.Response:
        """Answer with one of the known files."""
        name = request.match_info["name"]
        if name not in self._static:
            raise web.HTTPNotFound
        return _answer(self._static[name], STATIC[name])

    async def _board(self) -> Board:
        show = self._settings.throughput.show_minutes
        beside = self._beside._replace(overview=await self._watch.current())
        return board(self._reader.view, beside, time.time(), show)

    async def keep_current(self) -> None:
        """Reckon once a minute what takes too long for a request, until cancelled."""
        while True:
            known = await asyncio.to_thread(known_schemas, self._settings)
            view = self._reader.view
            unusual = marks(view, view.as_of) if view.as_of else {}
            self._beside = Beside(None, unusual, known)
            await asyncio.sleep(MINUTE if view.complete else SOON)


def register(worker: Worker, settings: Settings) -> None:
    """Add the page to a worker; `worker.counts_reader` is the reader behind it."""
    reader = worker.counts_reader = CountsReader(settings)
    watch = Watch(settings)
    # Before Faust adds a page of its own at `/`: of two the first answers.
    start_page = StartPage(settings, reader, watch)
    worker.web.web_app.add_routes(start_page.routes())
    worker.run_beside(start_page.keep_current)
    worker.web.web_app.cleanup_ctx.append(watching(watch))
    worker.run_beside(reader.run)


def watching(watch: Watch) -> Callable[[web.Application], AsyncIterator[None]]:
    """Return what has a watch look for as long as pages are served.

    What a worker runs beside its agents begins when its servers have answered, and the page says
    which have not.
    """

    async def running(app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(watch.run(), name="watch of the workers")
        yield
        task.cancel()
        await asyncio.wait([task])

    return running


def known_schemas(settings: Settings) -> frozenset[SchemaKey]:
    """Return the schema revisions of the folder, and those that the schema wiki has given."""
    cache = SchemaCache(state_folder(settings), settings.schemas.wiki_url)
    return frozenset([*SchemaFolder(settings.schemas.folder).known(), *cache.known()])


def wants_json(form: str | None, accept: str) -> bool:
    """Return whether a request is for JSON: by its `format`, else by its Accept header."""
    if form is not None:
        return form == "json"
    return "application/json" in accept and "text/html" not in accept


def _answer(body: bytes, content_type: str) -> web.Response:
    response = web.Response(body=body, content_type=content_type, charset="utf-8", headers=HEADERS)
    response.enable_compression()
    return response
