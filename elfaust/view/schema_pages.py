"""The pages of schemas.

GET /schemas                    all schemas, with the last event of each
GET /schemas/NAME               leads to its newest revision
GET /schemas/NAME/REVISION      schemas.py; its errors among the last, by what is wrong; and
                                "rate": {"minute": int, "hour": int}, how many of its events came in
                                the last minute and hour, null where Kafka does not answer
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from elfaust.errors import ServerTrouble
from elfaust.records import SchemaKey
from elfaust.schema.lookup.folder import REVISION
from elfaust.settings import Settings
from elfaust.view.answers import as_json, form_of
from elfaust.view.feed import Feed, Numbered
from elfaust.view.groups import groups
from elfaust.view.schemas import about, known
from elfaust.view.seen import FAILED, VALID, Seen, when
from elfaust.view.site import Site

#: The times of a rate, ms.
RATES = {"minute": 60_000, "hour": 3_600_000}
#: Seconds for which a page waits for its rate: all else on it needs no Kafka.
RATE_SECONDS = 3.0


class SchemaPages:
    """Answers with what schemas say, and what a feed has of their events."""

    def __init__(self, settings: Settings, feed: Feed, site: Site) -> None:
        self._settings = settings
        self._feed = feed
        self._site = site
        #: One after the other: a schema is compiled and tried for each.
        self._telling = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses, and what answers there."""
        return [
            web.get("/schemas", self.all),
            web.get("/schemas/{name}", self.newest),
            web.get("/schemas/{name}/{revision}", self.one),
        ]

    async def all(self, request: web.Request) -> web.Response:
        """Answer with the schemas."""
        found = await asyncio.to_thread(known, self._settings)
        last = last_of(await self._lately())
        rows = [
            {
                "schema": schema,
                "revision": revision,
                "last": at.when if at else None,
                "status": at.status if at else "",
            }
            for schema, revisions in found.items()
            for revision in reversed(revisions)
            for at in [last.get(SchemaKey(schema, revision))]
        ]
        if form_of(request) != "html":
            return as_json({"schemas": rows})
        return await self._site.page("schemas.html", "schemas", request, 200, rows=rows)

    async def newest(self, request: web.Request) -> web.Response:
        """Lead to the newest revision."""
        name = request.match_info["name"]
        revisions = (await asyncio.to_thread(known, self._settings)).get(name)
        if not revisions:
            return await self._site.none(
                request, "schemas", f"No schema {name!r:.80} is known here."
            )
        raise web.HTTPFound(f"{name}/{revisions[-1]}")

    async def one(self, request: web.Request) -> web.Response:
        """Answer with one schema revision."""
        name, revision = request.match_info["name"], request.match_info["revision"]
        # What is no revision has no number.
        key = SchemaKey(name, int(revision) if REVISION.fullmatch(revision) else 0)
        async with self._telling:
            found = await asyncio.to_thread(about, self._settings, key)
        if found is None:
            why = f"No schema {name!r:.80} with revision {revision:.40} is known here."
            return await self._site.none(request, "schemas", why)
        of = [one.seen for one in await self._lately() if _is_of(one.seen, key)]
        errors = groups(one for one in of if one.status == FAILED)
        last = next((one.time for one in of if one.status == VALID), None)
        rate = await self._rate(found.topic)
        if form_of(request) != "html":
            shown: dict[str, Any] = {"last": last and when(last), "rate": rate}
            shown["errors"] = [group.as_json() for group in errors]
            return as_json(found.as_json() | shown)
        return await self._site.page(
            "schema.html", "schemas", request, 200, about=found, errors=errors, last=last, rate=rate
        )

    async def _rate(self, topic: str) -> dict[str, int] | None:
        """Return how many events came in the last minute and hour, None where Kafka is away."""
        now = int(time.time() * 1000)
        try:
            async with asyncio.timeout(RATE_SECONDS):
                numbers = await self._feed.came_since(topic, [now - of for of in RATES.values()])
        except (ServerTrouble, TimeoutError):
            return None
        return dict(zip(RATES, numbers, strict=True))

    async def _lately(self) -> list[Numbered]:
        """Return the last events and errors, the newest first."""
        with self._feed.looking():
            await self._feed.fresh()
            return list(self._feed.after(0))


def last_of(events: Iterable[Numbered]) -> dict[SchemaKey, Seen]:
    """Return the last event or error of each schema revision, of events the newest first."""
    found: dict[SchemaKey, Seen] = {}
    for _, one in events:
        found.setdefault(SchemaKey(one.schema, one.revision), one)
    return found


def _is_of(one: Seen, key: SchemaKey) -> bool:
    return one.revision == key.revision and one.schema == key.schema
