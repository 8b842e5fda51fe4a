"""Which names a worker's web pages answer to.

A page of another site may have its own name lead to this machine (DNS rebinding); a browser then
gives it whatever the worker answers to that name. An address is nobody's name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from elfaust.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
REFUSED = "This worker does not answer to that name. The setting web.names has those of its own.\n"


class Hosts:
    """The names of this machine, and those of `web.host` and `web.names`."""

    def __init__(self, settings: Settings) -> None:
        names = {"localhost", socket.gethostname(), settings.web.host}
        self._names = {
            name.lower().removesuffix(".") for name in names.union(settings.web.names.split())
        }
        self._has_asked = False

    async def has(self, host: str) -> bool:
        """Tell whether a `Host` header, which may have a port, has one of the names or an address.

        The resolver is asked once for this machine's full name, when it could matter.
        """
        bare = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        name = bare.lower().removesuffix(".")
        try:
            ipaddress.ip_address(bare)
        except ValueError:
            if name not in self._names and not self._has_asked:
                self._has_asked = True
                self._names.add((await asyncio.to_thread(socket.getfqdn)).lower())
            return name in self._names
        return True


def only_known_hosts(settings: Settings) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Return what refuses requests to other names; browsers always say which they mean."""
    hosts = Hosts(settings)

    @web.middleware
    async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.headers.get(hdrs.HOST)
        if host and not await hosts.has(host):
            return web.Response(status=421, text=REFUSED)
        return await handler(request)

    return refuse
