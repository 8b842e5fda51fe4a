"""The web view of the throughput role: its page, the same as JSON, and their static files.

    GET /throughput/                the page; JSON if asked for with ?format=json or Accept
    GET /throughput/data.json       JSON, its shape described in elfaust/counts/view.py
    GET /throughput/static/NAME     the page's style and script

It only reads. Every worker of the role shows the counts of all of them.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from aiohttp import web

from elfaust.counts.reader import CountsReader
from elfaust.settings import Settings
from elfaust.web.pages import render
from elfaust.workers.worker import Worker

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Vary": "Accept",
}

STATIC = {
    "throughput.css": "text/css",
    "refresh.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


def register(worker: Worker, settings: Settings) -> None:
    """Add the view to a worker; `worker.counts_reader` is the reader behind it."""
    reader = worker.counts_reader = CountsReader(settings)
    static = {name: (files("elfaust.web") / "static" / name).read_bytes() for name in STATIC}

    def data(view: Any) -> Any:
        return _small(view.json(reader.view.as_json(), headers=dict(HEADERS)))

    @worker.page("/throughput", name="throughput-without-slash")  # type: ignore[untyped-decorator]
    async def without_slash(view: Any, request: Any) -> Any:
        raise web.HTTPMovedPermanently("throughput/")

    @worker.page("/throughput/", name="throughput")  # type: ignore[untyped-decorator]
    async def page(view: Any, request: Any) -> Any:
        if wants_json(request.query.get("format"), request.headers.get("Accept", "")):
            return data(view)
        return _small(view.html(render(reader.view, settings), headers=dict(HEADERS)))

    @worker.page("/throughput/data.json", name="throughput-data")  # type: ignore[untyped-decorator]
    async def data_json(view: Any, request: Any) -> Any:
        return data(view)

    @worker.page(  # type: ignore[untyped-decorator]
        "/throughput/static/{name}", name="throughput-static"
    )
    async def static_file(view: Any, request: Any, name: str) -> Any:
        if name not in static:
            raise view.NotFound()
        return view.bytes(static[name], content_type=STATIC[name], headers=dict(HEADERS))

    worker.run_beside(reader.run)


def wants_json(form: str | None, accept: str) -> bool:
    """Return whether a request is for JSON: by its `format`, else by its Accept header."""
    if form is not None:
        return form == "json"
    return "application/json" in accept and "text/html" not in accept


def _small(response: Any) -> Any:
    response.enable_compression()
    return response
