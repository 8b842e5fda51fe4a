"""The page of freshness: GET /freshness, how new what each table of each store holds is.

As JSON: {"as_of": ..., "tables": [...], "away": [...], "unread": [...]}, as
`elfaust freshness --json` has it.
"""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from elfaust.query.freshness import as_text
from elfaust.query.recent import Recent, recent
from elfaust.query.tables import Found
from elfaust.settings import Settings
from elfaust.view.answers import as_json, form_of
from elfaust.view.site import Site

#: Seconds for which an answer is given again: whoever reloads the page asks no store.
KEPT_SECONDS = 30.0


class FreshnessPage:
    """Answers with what the stores have."""

    def __init__(self, settings: Settings, site: Site) -> None:
        self._settings = settings
        self._site = site
        #: One after the other: a look asks all tables.
        self._looking = asyncio.Lock()
        self._last = Recent(Found([], []), 0.0)
        self._until = 0.0

    async def page(self, request: web.Request) -> web.Response:
        """Answer with all tables."""
        async with self._looking:
            if time.monotonic() >= self._until:
                self._last = await asyncio.to_thread(recent, self._settings)
                self._until = time.monotonic() + KEPT_SECONDS
        found, as_of = self._last
        away = [str(error) for error in found.away]
        if form_of(request) != "html":
            tables = [of._asdict() for of in found.tables]
            unread = [of._asdict() for of in found.unread]
            as_of_text = as_text(as_of)
            return as_json({"as_of": as_of_text, "tables": tables, "away": away, "unread": unread})
        wrong = [*away, *map(str, found.unread)]
        given = {"tables": found.tables, "wrong": wrong, "as_of": as_text(as_of)}
        return await self._site.page("freshness.html", "freshness", request, 200, **given)
