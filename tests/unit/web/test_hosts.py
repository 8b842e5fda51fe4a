"""A worker answers to its own names and to addresses, and to no name of somebody else's."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from elfaust.settings import Settings
from elfaust.web.hosts import only_known_hosts


def settings(names: str = "", host: str = "127.0.0.1") -> Settings:
    return replace(Settings(), web=replace(Settings().web, names=names, host=host))


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:6066", 200),
        ("10.1.2.3", 200),
        ("[::1]:6066", 200),
        ("localhost:6066", 200),
        ("LOCALHOST.", 200),
        (f"{socket.gethostname()}:1", 200),
        ("full.name.example", 200),
        ("proxy.example.org", 200),
        ("evil.example.org", 421),
        ("127.0.0.1.evil.example.org", 421),
        ("localhost.evil.example.org:6066", 421),
        ("[evil]", 421),
    ],
)
async def test_who_is_answered(monkeypatch: pytest.MonkeyPatch, host: str, status: int) -> None:
    monkeypatch.setattr(socket, "getfqdn", lambda: "Full.Name.example")

    async def page(request: web.Request) -> web.Response:
        return web.Response(text="counts")

    guard = only_known_hosts(settings("other.example proxy.example.org"))
    app = web.Application(middlewares=[guard])
    app.router.add_get("/", page)
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/", headers={"Host": host})
        assert answer.status == status
        assert ("web.names" in await answer.text()) is (status == 421)
