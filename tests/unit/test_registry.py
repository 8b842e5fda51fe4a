"""Schemas from the folder and from a wiki, found once, missed once."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from elfaust.errors import SchemaAway, SchemaUnfit
from elfaust.registry import Registry
from elfaust.settings import Schemas
from elfaust.types import SchemaKey

EVENT = {"type": "object", "properties": {"a": {"type": "string"}}}
EDIT = SchemaKey("Edit", 7)


class Wiki:
    """A schema wiki that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: web.Response | None = None
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["revid"])
        return self.answer or web.json_response(EVENT)


@pytest.fixture
async def wiki() -> AsyncIterator[Wiki]:
    served, app = Wiki(), web.Application()
    app.router.add_get("/api.php", served.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    served.url = f"http://127.0.0.1:{port}/api.php"
    yield served
    await runner.cleanup()


def settings(folder: Path, url: str = "") -> Schemas:
    return dataclasses.replace(Schemas(), folder=str(folder), wiki_url=url, wiki_timeout=2.0)


def put(folder: Path, text: str) -> None:
    (folder / "Edit").mkdir()
    (folder / "Edit" / "7.json").write_text(text)


def test_a_file_that_appears_later_is_noticed(tmp_path: Path) -> None:
    registry = Registry(settings(tmp_path))
    assert registry.get(EDIT) is None
    put(tmp_path, json.dumps(EVENT))
    found = registry.get(EDIT)
    assert found is not None
    assert found.event == EVENT
    assert registry.known() == [EDIT]


@pytest.mark.parametrize("name", ["../Edit", "..", "Edit/7", "", "x" * 64, "Edit\n"])
def test_names_that_are_no_names_never_reach_a_path(tmp_path: Path, name: str) -> None:
    put(tmp_path, json.dumps(EVENT))
    assert Registry(settings(tmp_path / "Edit")).get(SchemaKey(name, 7)) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"type": "string"}', '{"properties": 1}'])
def test_a_file_that_is_no_schema_leaves_it_unknown(tmp_path: Path, text: str) -> None:
    put(tmp_path, text)
    registry = Registry(settings(tmp_path))
    assert registry.get(EDIT) is None
    assert "no schema" in registry.reason(EDIT)


async def test_the_wiki_is_asked_once(tmp_path: Path, wiki: Wiki) -> None:
    registry = Registry(settings(tmp_path, wiki.url))
    for _ in range(3):
        await registry.resolve([EDIT, EDIT])
    assert registry.get(EDIT) is not None
    assert wiki.asked == ["7"]


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, ""), (500, ""), (200, "<html>"), (200, '{"error": {}}'), (302, ""), (200, "[]")],
)
async def test_a_wiki_that_has_none_is_not_asked_again(
    tmp_path: Path, wiki: Wiki, status: int, body: str
) -> None:
    wiki.answer = web.Response(status=status, text=body, headers={"Location": "/elsewhere"})
    registry = Registry(settings(tmp_path, wiki.url))
    await registry.resolve([EDIT])
    wiki.answer = None
    await registry.resolve([EDIT])
    assert registry.get(EDIT) is None
    assert "schema wiki" in registry.reason(EDIT)
    assert wiki.asked == ["7"]


def test_a_sink_is_told_whether_to_wait_or_to_refuse(tmp_path: Path) -> None:
    with pytest.raises(SchemaUnfit, match="not in the repository"):
        Registry(settings(tmp_path)).find(EDIT)
    with pytest.raises(SchemaAway, match="is not to be had"):
        Registry(settings(tmp_path, "http://127.0.0.1:9/api.php")).find(EDIT)
