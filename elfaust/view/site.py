"""What all pages of the view have in common: their frame, and where they lead."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from elfaust.settings import Settings
from elfaust.view import pages
from elfaust.view.answers import answer, as_json, form_of
from elfaust.web.pages import BANNERS

#: Profiles in which people try events.
TRIED = ("beta", "dev")
PAGES = {
    "events": "Events",
    "errors": "Errors",
    "schemas": "Schemas",
    "freshness": "Freshness",
    "validate": "Validate",
}


class Site:
    """Makes pages; `start` is the address of the start page, "" for none."""

    def __init__(self, settings: Settings, start: str) -> None:
        self._profile = settings.profile
        self._banner = BANNERS.get(settings.profile, settings.profile)
        self._start = start
        is_tried = settings.profile in TRIED and settings.intake.on
        #: Where whoever instruments sends events, "" where this is not for tests.
        self._intake = settings.intake.url if is_tried else ""

    async def none(self, request: web.Request, name: str, why: str) -> web.Response:
        """Answer that there is no such thing; `name` is the page that has those there are."""
        if form_of(request) != "html":
            return as_json({"error": why}, 404)
        return await self.page("none.html", name, request, 404, why=why)

    async def page(
        self, template: str, name: str, request: web.Request, status: int, /, **given: Any
    ) -> web.Response:
        """Return a page of a name, made in a thread: it may be hundreds of rows."""
        at = {
            "name": name,
            "base": "../" * (request.path.count("/") - 1),
            "profile": self._profile,
            "pages": PAGES,
            "banner": self._banner,
            "start": self._start,
            "intake": self._intake,
        }
        html = await asyncio.to_thread(pages.render, template, at=at, **given)
        return answer(html.encode("utf-8", "replace"), "text/html", status)
