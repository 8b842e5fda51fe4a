"""Who may ask what tests of features ask: by a token, and from pages of other origins.

In beta it wants the token of the settings, in dev only if there is one: what dev shows, nobody else
has sent. A browser lets pages of this machine see the answers, and others if there is a token.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from elfaust.settings import Settings
from elfaust.view.answers import as_json

#: The profile in which nobody else's events are there.
ALONE = "dev"
NO_TOKEN = "The setting web.api_token has none: in beta this answers only to who has it."
WRONG_TOKEN = "Send the header `Authorization: Bearer TOKEN`, with that of web.api_token."
Handler = Callable[[web.Request], Awaitable[web.Response]]


class Guard:
    """Lets requests pass, or says why not."""

    def __init__(self, settings: Settings) -> None:
        self._is_open = settings.profile == ALONE
        self._token = settings.web.api_token
        self._names = {"localhost", settings.web.host, *settings.web.names.split()}

    def of(self, handler: Handler) -> Handler:
        """Return a handler that is called only for who may ask."""

        async def guarded(request: web.Request) -> web.Response:
            answer = self._refusal(request) or await handler(request)
            return self._seen_by_pages(request, answer)

        return guarded

    async def permission(self, request: web.Request) -> web.Response:
        """Answer a browser that asks whether a page of another origin may ask."""
        answer = web.Response(status=204)
        answer.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = "GET, POST"
        answer.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = "Authorization, Content-Type"
        if "Access-Control-Request-Private-Network" in request.headers:
            answer.headers["Access-Control-Allow-Private-Network"] = "true"
        return self._seen_by_pages(request, answer)

    def _refusal(self, request: web.Request) -> web.Response | None:
        if not self._token:
            return None if self._is_open else as_json({"error": NO_TOKEN}, 403)
        scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        token = given.strip().encode("utf-8", "surrogateescape")
        if scheme.lower() == "bearer" and hmac.compare_digest(token, self._token.encode()):
            return None
        answer = as_json({"error": WRONG_TOKEN}, 401)
        answer.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
        return answer

    def _seen_by_pages(self, request: web.Request, answer: web.Response) -> web.Response:
        origin = request.headers.get(hdrs.ORIGIN, "")
        if origin and (self._token or self._is_own(origin)):
            answer.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        answer.headers[hdrs.VARY] = "Accept, Origin"
        return answer

    def _is_own(self, origin: str) -> bool:
        try:
            host = urlsplit(origin).hostname or ""
        except ValueError:
            return False
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host in self._names or host.endswith(".localhost")
