"""The web view of a worker: page, JSON, static files, and that it only reads."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import faust
import pytest
from aiohttp.test_utils import TestClient, TestServer

from elfaust.counts.entry import CountKey
from elfaust.settings import Settings
from elfaust.web.throughput import STATIC, register, wants_json


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Any]:
    app: Any = faust.App("test", broker="kafka://127.0.0.1:1", datadir=str(tmp_path))
    app.run_beside = app.task
    settings = replace(Settings(), workers=replace(Settings().workers, state=str(tmp_path)))
    register(app, settings)
    entry = {"count": 41, "last": 1_000, "positions": {}}
    app.counts_reader.view.apply(CountKey(0, "t", "<b>Edit", 7, "", None), entry)
    app.web.init_server()
    async with TestClient(TestServer(app.web.web_app)) as client, asyncio.timeout(5):
        while (await (await client.get("/?format=json")).json())["overview"] is None:
            await asyncio.sleep(0.01)
        yield client


@pytest.mark.parametrize("path", ["/", "/throughput/"])
async def test_the_page_is_html_and_guarded(client: Any, path: str) -> None:
    answer = await client.get(path)
    assert answer.status == 200
    assert answer.content_type == "text/html"
    assert "&lt;b&gt;Edit" in await answer.text()
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/", "/throughput/"])
async def test_all_that_the_page_needs_is_where_it_says(client: Any, path: str) -> None:
    html = await (await client.get(path)).text()
    found = re.findall(r' (?:src|href)="([^"?]+)"', html)
    assert len(found) >= 6
    for address in found:
        assert (await client.get(path + address.removeprefix("./"))).status == 200, address


async def test_an_address_with_anything_in_it_has_a_page(client: Any) -> None:
    query = "?find=%3Cscript%3E%00&sort=x&order=%FF&show=1&sort=lag"
    answer = await client.get("/" + query)
    assert answer.status == 200
    assert "<script>\x00" not in await answer.text()


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/throughput/data.json", "*/*"),
        ("/throughput/?format=json", "text/html"),
        ("/throughput/", "application/json"),
        ("/", "application/json"),
    ],
)
async def test_json_is_the_view(client: Any, path: str, accept: str) -> None:
    answer = await client.get(path, headers={"Accept": accept})
    assert answer.content_type == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    found = await answer.json()
    (schema,) = found["schemas"]
    assert (schema["schema"], schema["valid"], schema["known"]) == ("<b>Edit", 41, True)
    assert len(found["hour"]["valid"]) == len(found["hour"]["errors"]) == 60
    # It is looked while the page is served, whether Kafka answers or not.
    roles = {role["role"]: role["state"] for role in found["overview"]["roles"]}
    assert roles["mysql"] == "absent"
    assert "No worker of mysql runs on this machine" in [one["what"] for one in found["findings"]]


@pytest.mark.parametrize("name", STATIC)
async def test_static_files_have_their_type(client: Any, name: str) -> None:
    answer = await client.get(f"/throughput/static/{name}")
    assert (answer.status, answer.content_type) == (200, STATIC[name])
    assert await answer.read()


@pytest.mark.parametrize("name", ["nothing.js", "..%2fthroughput.py", "__init__.py", "..%2f..%2f"])
async def test_no_other_file_is_served(client: Any, name: str) -> None:
    assert (await client.get(f"/throughput/static/{name}")).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_it_only_reads(client: Any, method: str) -> None:
    for path in ("/", "/throughput/", "/throughput/data.json"):
        assert (await client.request(method, path)).status == 405


async def test_the_address_without_slash_leads_to_the_page(client: Any) -> None:
    answer = await client.get("/throughput")
    assert (answer.status, answer.url.path) == (200, "/throughput/")


@pytest.mark.parametrize(
    ("form", "accept", "json"),
    [
        (None, "", False),
        (None, "text/html,application/json", False),
        (None, "application/json", True),
        ("json", "text/html", True),
        ("html", "application/json", False),
    ],
)
def test_who_gets_json(form: str | None, accept: str, json: bool) -> None:
    assert wants_json(form, accept) is json
