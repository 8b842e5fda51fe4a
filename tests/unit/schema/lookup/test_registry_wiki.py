"""Schemas from a wiki: asked once, again where it gave no answer, and kept."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from pathlib import Path

import pytest
from aiohttp import web

from elfaust.metrics.table import LOOKUPS
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Kind, Registry, State
from elfaust.settings import Schemas
from tests.counted import counted
from tests.unit.schema.lookup.played import (
    EDIT,
    EVENT,
    Wiki,
    put,
    serving,
    settings,
    until,
)


async def test_names_that_are_no_names_never_reach_the_wiki(tmp_path: Path, wiki: Wiki) -> None:
    registry, key = Registry(settings(tmp_path, wiki.url), tmp_path), SchemaKey("../Edit", 7)
    await registry.resolve([key])
    assert (wiki.asked, registry.get(key)) == ([], None)


async def test_look_ups_are_counted_by_their_results(tmp_path: Path, wiki: Wiki) -> None:
    registry = Registry(settings(tmp_path, wiki.url))
    for _ in range(3):
        await registry.resolve([EDIT])
    assert counted(LOOKUPS) == {("found",): 1}
    wiki.answer = web.Response(status=404)
    await registry.resolve([SchemaKey("Gone", 1)])
    wiki.answer = web.Response(text='{"type": "object", "properties": 7}')
    await registry.resolve([SchemaKey("Unfit", 1)])
    wiki.answer = web.Response(status=500)
    registry.ask([SchemaKey("Away", 1)])
    await until(lambda: ("unanswered",) in counted(LOOKUPS))
    found = counted(LOOKUPS)
    assert found.pop(("unanswered",)) >= 1
    assert found == {("found",): 1, ("missing",): 1, ("unfit",): 1}
    await registry.close()


async def test_the_wiki_is_asked_once(tmp_path: Path, wiki: Wiki) -> None:
    registry = Registry(settings(tmp_path, wiki.url))
    for _ in range(3):
        await registry.resolve([EDIT, EDIT])
    assert registry.get(EDIT) is not None
    assert wiki.asked == ["7"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, ""),
        (410, "<html>"),
        (400, '{"error": {"code": "nosuchrevid", "info": "There is no revision with ID 7."}}'),
        (200, '{"error": {"code": "revwrongpage", "info": "r7 is not a revision of Edit."}}'),
    ],
)
async def test_a_wiki_that_has_none_is_not_asked_again(
    tmp_path: Path, wiki: Wiki, status: int, body: str
) -> None:
    wiki.answer = web.Response(status=status, text=body)
    registry = Registry(settings(tmp_path, wiki.url))
    await registry.resolve([EDIT])
    wiki.answer = None
    await registry.resolve([EDIT])
    assert registry.get(EDIT) is None
    assert registry.state(EDIT).kind is Kind.MISSING
    assert "the schema wiki has no such schema" in registry.reason(EDIT)
    assert wiki.asked == ["7"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, ""),
        (503, '{"error": {"code": "nosuchrevid"}}'),
        (429, ""),
        (403, ""),
        (302, ""),
        (200, "<html>"),
        (200, "{}"),
        (200, "[]"),
        (200, ""),
        (200, '{"message": "rate limited"}'),
        (200, '{"error": {"code": "ratelimited", "info": "You have exceeded your rate limit."}}'),
        (200, '{"error": {}}'),
        (200, " " * 1_000_001),
        (200, '{"a":' * 5_000),
    ],
)
@pytest.mark.usefixtures("quick")
async def test_what_is_no_answer_is_no_verdict_not_kept_and_asked_for_again(
    tmp_path: Path, wiki: Wiki, status: int, body: str
) -> None:
    wiki.answer = web.Response(status=status, text=body, headers={"Location": "/elsewhere"})
    registry = Registry(settings(tmp_path, wiki.url), tmp_path / "state")
    registry.ask([EDIT])
    await until(lambda: len(wiki.asked) >= 2)
    state = registry.state(EDIT)
    assert state.kind is Kind.ASKING
    assert "the schema wiki gave no usable answer" in state.reason
    assert not list(tmp_path.rglob("7.json"))
    wiki.answer = None
    await until(lambda: registry.state(EDIT).kind is Kind.FOUND)
    # The disk has it a little later.
    await until(lambda: any(tmp_path.rglob("7.json")))
    assert json.loads(next(tmp_path.rglob("7.json")).read_text()) == EVENT


@pytest.mark.usefixtures("quick")
async def test_a_wiki_that_does_not_answer_in_time_is_asked_again(
    tmp_path: Path, wiki: Wiki
) -> None:
    wiki.takes = 5.0
    slow = dataclasses.replace(settings(tmp_path, wiki.url), wiki_timeout=0.1)
    registry = Registry(slow)
    await registry.resolve([EDIT])
    assert registry.state(EDIT) == State(
        Kind.ASKING, None, "the schema wiki gave no usable answer: timed out"
    )
    wiki.takes = 0.0
    await until(lambda: registry.get(EDIT) is not None)


@pytest.mark.usefixtures("quick")
async def test_a_wiki_that_is_away_and_comes_back_tells_what_was_asked_for(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    wiki = Wiki()
    given = settings(tmp_path, f"http://127.0.0.1:{unused_tcp_port}/api.php")
    registry = Registry(dataclasses.replace(given, wiki_rate=1_000.0))
    keys = [SchemaKey("Edit", revision) for revision in range(1, 40)]
    registry.ask(keys)
    await until(lambda: "127.0.0.1" in registry.reason(EDIT))
    # Who did not have its turn is told as well.
    assert all("127.0.0.1" in registry.reason(key) for key in keys)
    async with serving(wiki, unused_tcp_port), asyncio.timeout(20):
        while asking := [key for key in keys if registry.state(key).kind is Kind.ASKING]:
            await registry.wait_changed(5.0)
            registry.ask(asking)
    assert all(registry.get(key) for key in keys)
    assert sorted(wiki.asked) == sorted(str(key.revision) for key in keys)


async def test_made_up_names_hold_up_neither_what_is_known_nor_what_is_wanted(
    tmp_path: Path, wiki: Wiki
) -> None:
    put(tmp_path, json.dumps(EVENT))
    wiki.takes, wiki.has = 0.1, {"77"}
    registry = Registry(dataclasses.replace(settings(tmp_path, wiki.url), wiki_rate=1_000.0))
    made_up = [SchemaKey(f"Made{n}", n) for n in range(1_000, 3_000)]
    real = SchemaKey("Real", 77)
    registry.ask(made_up)
    registry.ask([real] * 3)
    began = time.perf_counter()
    for _ in range(1_000):
        assert registry.get(EDIT) is not None
        assert registry.state(made_up[7]).kind is Kind.ASKING
        registry.ask([real])
    assert time.perf_counter() - began < 1.0
    await until(lambda: registry.get(real) is not None)
    assert len(wiki.asked) < 50
    assert wiki.most_at_once <= Schemas().wiki_calls
    await registry.close()


async def test_an_unfit_schema_of_the_wiki_is_a_definite_answer_that_is_kept(
    tmp_path: Path, wiki: Wiki
) -> None:
    wiki.answer = web.json_response({"properties": {"a": {"$ref": "elsewhere"}}})
    given, state = settings(tmp_path / "schemas", wiki.url), tmp_path / "state"
    await Registry(given, state).resolve([EDIT])
    wiki.answer = web.Response(status=500)
    found = Registry(given, state).state(EDIT)
    assert found.kind is Kind.UNFIT
    assert "elsewhere" in found.reason


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


@pytest.mark.parametrize("text", ["{}", '{"message": "rate limited"}', '{"error": {}}', "[1]"])
async def test_what_the_cache_has_and_is_unlike_a_schema_is_fetched_again(
    tmp_path: Path, wiki: Wiki, text: str
) -> None:
    given, state = settings(tmp_path / "schemas", wiki.url), tmp_path / "state"
    await Registry(given, state).resolve([EDIT])
    [file] = state.rglob("7.json")
    file.write_text(text)
    registry = Registry(given, state)
    assert registry.state(EDIT).kind is Kind.ASKING
    await registry.resolve([EDIT])
    assert registry.get(EDIT) is not None
    assert json.loads(file.read_text()) == EVENT
