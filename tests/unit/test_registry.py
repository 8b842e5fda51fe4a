"""Schemas from the folder and from a wiki, found once, missed once."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from elfaust import registry as registry_module
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
        #: Seconds until it answers.
        self.takes = 0.0
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["revid"])
        await asyncio.sleep(self.takes)
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


async def test_names_that_are_no_names_never_reach_the_wiki(tmp_path: Path, wiki: Wiki) -> None:
    registry, key = Registry(settings(tmp_path, wiki.url), tmp_path), SchemaKey("../Edit", 7)
    await registry.resolve([key])
    assert (wiki.asked, registry.get(key)) == ([], None)


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


async def test_a_slow_wiki_is_not_waited_for_again_by_other_schemas(
    tmp_path: Path, wiki: Wiki
) -> None:
    wiki.takes = 0.5
    slow = dataclasses.replace(settings(tmp_path, wiki.url), wiki_timeout=0.1)
    registry = Registry(slow)
    for revision in range(7, 12):
        await registry.resolve([SchemaKey("Edit", revision)])
    assert "timed out" in registry.reason(SchemaKey("Edit", 11))
    assert wiki.asked == ["7"]
    put(tmp_path, json.dumps(EVENT))
    registry = Registry(slow)
    await registry.resolve([SchemaKey("Edit", 8)])
    assert registry.get(EDIT) is not None


async def test_a_wiki_that_does_not_answer_is_asked_again_later(tmp_path: Path, wiki: Wiki) -> None:
    wiki.takes = 0.5
    slow = dataclasses.replace(settings(tmp_path, wiki.url), wiki_timeout=0.1, negative_ttl=0.2)
    registry = Registry(slow)
    await registry.resolve([EDIT])
    wiki.takes = 0.0
    async with asyncio.timeout(10):
        while registry.get(EDIT) is None:
            await registry.resolve([EDIT])
            await asyncio.sleep(0.01)
    assert wiki.asked == ["7", "7"]


async def test_a_restart_without_the_wiki_knows_what_it_has_told(
    tmp_path: Path, wiki: Wiki
) -> None:
    given, state = settings(tmp_path / "schemas", wiki.url), tmp_path / "state"
    await Registry(given, state).resolve([EDIT])
    wiki.answer = web.Response(status=500)
    after = Registry(given, state).get(EDIT)
    assert after is not None
    assert after.event == EVENT
    assert Registry(given).get(EDIT) is None
    assert wiki.asked == ["7"]


async def test_a_spoilt_file_of_the_cache_is_fetched_again(tmp_path: Path, wiki: Wiki) -> None:
    given, state = settings(tmp_path / "schemas", wiki.url), tmp_path / "state"
    await Registry(given, state).resolve([EDIT])
    [file] = state.rglob("7.json")
    file.write_text("{")
    registry = Registry(given, state)
    assert registry.get(EDIT) is None
    await registry.resolve([EDIT])
    assert registry.get(EDIT) is not None
    assert json.loads(file.read_text()) == EVENT


async def test_what_is_no_schema_is_not_kept(tmp_path: Path, wiki: Wiki) -> None:
    wiki.answer = web.Response(text="<html>")
    await Registry(settings(tmp_path, wiki.url), tmp_path / "state").resolve([EDIT])
    assert not list(tmp_path.rglob("7.json"))


def test_names_without_end_are_not_remembered_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_module, "MAX_MISSING", 10)
    registry = Registry(settings(tmp_path))
    for revision in range(25):
        asyncio.run(registry.resolve([SchemaKey("Edit", revision)]))
    assert len(registry._missing) == 5


def test_a_sink_is_told_whether_to_wait_or_to_refuse(tmp_path: Path) -> None:
    with pytest.raises(SchemaUnfit, match="not in the repository"):
        Registry(settings(tmp_path)).find(EDIT)
    with pytest.raises(SchemaAway, match="is not to be had"):
        Registry(settings(tmp_path, "http://127.0.0.1:9/api.php")).find(EDIT)
