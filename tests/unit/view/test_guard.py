"""Who may ask, and from which pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from elfaust.settings import Settings
from elfaust.view.api import Api
from elfaust.view.feed import Ring
from elfaust.view.streams import Streams

ALLOWED = "Access-Control-Allow-Origin"


@asynccontextmanager
async def asking(profile: str, token: str = "") -> AsyncIterator[Any]:
    own = replace(Settings().web, api_token=token, names="wiki.test")
    feed = Ring()
    api = Api(replace(Settings(), profile=profile, web=own), feed, Streams(feed))
    app = web.Application()
    app.add_routes(api.routes())
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.mark.parametrize("profile", ["beta", "dev"])
async def test_a_token_opens_it(profile: str) -> None:
    async with asking(profile, "s3cret-ü") as client:
        for given in ("", "Bearer s3cret", "s3cret-ü", "bearer s3cret-ü "):
            headers = {"Authorization": given} if given else {}
            answer = await client.post("/api/reset", headers=headers)
            expected = 200 if given.startswith("bearer") else 401
            assert answer.status == expected, given
            assert "s3cret" not in (await answer.text())
        assert (await client.get("/api/events")).headers["WWW-Authenticate"] == "Bearer"


async def test_beta_without_a_token_is_closed_and_dev_is_open() -> None:
    async with asking("beta") as client:
        answer = await client.get("/api/events")
        assert answer.status == 403
        assert "web.api_token" in (await answer.json())["error"]
    async with asking("dev") as client:
        assert (await client.get("/api/events")).status == 200


@pytest.mark.parametrize(
    ("origin", "is_seen"),
    [
        ("http://localhost:8080", True),
        ("http://127.0.0.1:3000", True),
        ("http://[::1]", True),
        ("https://mw.localhost", True),
        ("https://wiki.test", True),
        ("https://evil.example", False),
        ("http://203.0.113.7", False),
        ("http://[", False),
        ("null", False),
    ],
)
async def test_pages_of_this_machine_see_what_dev_answers(origin: str, is_seen: bool) -> None:
    async with asking("dev") as client:
        answer = await client.get("/api/events", headers={"Origin": origin})
        assert answer.headers.get(ALLOWED) == (origin if is_seen else None)


async def test_with_a_token_any_page_is_let_through_once_a_browser_has_asked() -> None:
    asked = {
        "Origin": "https://wiki.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
        "Access-Control-Request-Private-Network": "true",
    }
    async with asking("beta", "t") as client:
        answer = await client.options("/api/events", headers=asked)
        assert answer.status == 204
        assert answer.headers[ALLOWED] == asked["Origin"]
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert answer.headers["Access-Control-Allow-Private-Network"] == "true"
        given = {"Origin": asked["Origin"], "Authorization": "Bearer t"}
        answer = await client.get("/api/events", headers=given)
        assert (answer.status, answer.headers[ALLOWED]) == (200, asked["Origin"])
        assert "Access-Control-Allow-Credentials" not in answer.headers
