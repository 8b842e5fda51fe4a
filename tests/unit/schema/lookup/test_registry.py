"""Schemas from the folder and from a wiki, found once, missed once."""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from elfaust.errors import SchemaAway, SchemaUnfit
from elfaust.records import SchemaKey
from elfaust.schema.lookup import background
from elfaust.schema.lookup import registry as registry_module
from elfaust.schema.lookup.folder import SchemaFolder
from elfaust.schema.lookup.registry import Kind, Registry, State
from elfaust.settings import Schemas

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
        #: Revisions that it has; empty: all.
        self.has: set[str] = set()
        self.at_once = self.most_at_once = 0

    async def handle(self, request: web.Request) -> web.Response:
        revision = request.query["revid"]
        self.asked.append(revision)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            # Who has hung up is not waited for.
            end = time.monotonic() + self.takes
            while time.monotonic() < end and request.transport is not None:
                await asyncio.sleep(0.01)
        finally:
            self.at_once -= 1
        if self.has and revision not in self.has:
            return web.Response(status=404)
        if self.answer is None:
            return web.json_response(EVENT)
        told = self.answer
        return web.Response(status=told.status, body=told.body, headers={"Location": "/elsewhere"})


@asynccontextmanager
async def serving(served: Wiki, port: int = 0) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_get("/api.php", served.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api.php"
    try:
        yield
    finally:
        await runner.cleanup()


@pytest.fixture
async def wiki() -> AsyncIterator[Wiki]:
    served = Wiki()
    async with serving(served):
        yield served


def settings(folder: Path, url: str = "") -> Schemas:
    return dataclasses.replace(Schemas(), folder=str(folder), wiki_url=url, wiki_timeout=10.0)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What gave no answer is asked for again soon."""
    monkeypatch.setattr(background, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(background, "MAX_PAUSE_SECONDS", 0.1)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.005)


def put(folder: Path, text: str) -> None:
    (folder / "Edit").mkdir()
    (folder / "Edit" / "7.json").write_text(text)


def test_a_file_that_appears_later_is_noticed(tmp_path: Path) -> None:
    registry = Registry(dataclasses.replace(settings(tmp_path), negative_ttl=0.0))
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
    assert "the schema wiki has none" in registry.reason(EDIT)
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
    assert "the schema wiki does not say" in state.reason
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
        Kind.ASKING, None, "the schema wiki does not say: timed out"
    )
    wiki.takes = 0.0
    await until(lambda: registry.get(EDIT) is not None)


@pytest.mark.usefixtures("quick")
async def test_a_wiki_that_is_away_and_comes_back_tells_what_was_asked_for(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    wiki = Wiki()
    registry = Registry(settings(tmp_path, f"http://127.0.0.1:{unused_tcp_port}/api.php"))
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


async def test_the_first_look_at_a_made_up_name_is_the_last_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, looks = Registry(settings(tmp_path)), 0
    read = SchemaFolder.read

    def counted(folder: SchemaFolder, key: SchemaKey) -> bytes | None:
        nonlocal looks
        looks += 1
        return read(folder, key)

    monkeypatch.setattr(SchemaFolder, "read", counted)
    for _ in range(5):
        assert registry.state(EDIT).kind is Kind.MISSING
    assert looks == 1


@pytest.mark.parametrize("number", [errno.EACCES, errno.EMFILE, errno.EIO, errno.ESTALE])
@pytest.mark.usefixtures("quick")
async def test_a_folder_that_cannot_be_read_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    put(tmp_path, json.dumps(EVENT))
    monkeypatch.setattr(registry_module, "LEAST_SECONDS", 0.05)
    registry = Registry(settings(tmp_path))

    def broken(*_: object) -> bytes | None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(SchemaFolder, "read", broken)
        await registry.resolve([EDIT])
        state = registry.state(EDIT)
        assert state.kind is Kind.ASKING
        assert os.strerror(number) in state.reason
        with pytest.raises(SchemaAway, match=os.strerror(number)):
            registry.find(EDIT)
    await until(lambda: registry.get(EDIT) is not None)


def test_a_folder_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    state = Registry(settings(tmp_path / "unmounted")).state(EDIT)
    assert state.kind is Kind.ASKING
    assert "is not there" in state.reason


@pytest.mark.parametrize(
    "key",
    [
        SchemaKey("Edit", int("9" * 301)),
        SchemaKey("Edit", 2**63),
        SchemaKey("Edit", 0),
        SchemaKey("Edit", -7),
        SchemaKey("LICENSE", 7),
        SchemaKey("Edit", 3),
        SchemaKey("..", 7),
        SchemaKey(".git", 7),
        SchemaKey("a\0b", 7),
        SchemaKey("Edit", 2**63 - 1),
        SchemaKey("Edit", 4),
    ],
)
async def test_what_no_file_can_be_is_missing(tmp_path: Path, wiki: Wiki, key: SchemaKey) -> None:
    put(tmp_path, json.dumps(EVENT))
    (tmp_path / "LICENSE").write_text("mine")
    (tmp_path / "Edit" / "3.json").mkdir()
    (tmp_path / "3.json").mkdir()
    # A pipe waits for who writes to it.
    os.mkfifo(tmp_path / "Edit" / "4.json")
    (tmp_path / "Edit" / f"{2**64}.json").write_text("{}")
    registry = Registry(settings(tmp_path))
    assert registry.state(key).kind is Kind.MISSING
    assert registry.known() == [SchemaKey("Edit", 3), SchemaKey("Edit", 4), EDIT]
    with pytest.raises(SchemaAway):
        registry.find(key)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (b'{"properties": {"a": {"type": "string\xff"}}}', Kind.MISSING),
        (b'{"a":' * 100_000, Kind.MISSING),
        (b"\0" * 100, Kind.MISSING),
        (b'{"error": {"code": "nosuchrevid"}}', Kind.MISSING),
        (b'{"properties": {"a\\u0000b": {"type": "string"}}}', Kind.FOUND),
        (b'{"properties": []}', Kind.UNFIT),
        (b'{"properties": {"a": {"$ref": "file:///etc/passwd"}}}', Kind.UNFIT),
        (b'{"$schema": "http://json-schema.org/draft-07/schema#", "required": 5}', Kind.UNFIT),
        (b'{"properties": ' + b'{"properties": ' * 500 + b"{}" + b"}" * 501, Kind.UNFIT),
    ],
)
def test_a_file_that_nobody_can_judge_by_ends_nothing(
    tmp_path: Path, event: bytes, kind: Kind
) -> None:
    put(tmp_path, "")
    (tmp_path / "Edit" / "7.json").write_bytes(event)
    assert Registry(settings(tmp_path)).state(EDIT).kind is kind


def test_a_schema_on_which_elfaust_fails_is_unfit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise AttributeError("nobody foresaw this")

    monkeypatch.setattr("elfaust.schema.lookup.state.CapsuleValidator", broken)
    put(tmp_path, json.dumps(EVENT))
    state = Registry(settings(tmp_path)).state(EDIT)
    assert state.kind is Kind.UNFIT
    assert "nobody foresaw this" in state.reason


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


def test_names_without_end_are_not_remembered_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_module, "MAX_RECENT", 10)
    read, reads = SchemaFolder.read, list[int]()

    def noted(folder: SchemaFolder, key: SchemaKey) -> bytes | None:
        reads.append(key.revision)
        return read(folder, key)

    monkeypatch.setattr(SchemaFolder, "read", noted)
    registry = Registry(settings(tmp_path))
    for revision in [*range(1, 26), *range(16, 26), 15]:
        registry.state(SchemaKey("Edit", revision))
    assert reads == [*range(1, 26), 15]


def test_a_sink_waits_for_what_its_machine_does_not_have(tmp_path: Path) -> None:
    with pytest.raises(SchemaAway, match=r"put Edit/7\.json into .* or set schemas\.wiki_url"):
        Registry(settings(tmp_path)).find(EDIT)
    with pytest.raises(SchemaAway, match=r"is not to be had: the schema wiki .*put Edit/7\.json"):
        Registry(settings(tmp_path, "http://127.0.0.1:9/api.php")).find(EDIT)


def test_a_sink_sees_a_file_as_soon_as_it_is_there(tmp_path: Path) -> None:
    registry = Registry(settings(tmp_path))
    assert registry.state(EDIT).kind is Kind.MISSING
    with pytest.raises(SchemaAway):
        registry.find(EDIT)
    put(tmp_path, json.dumps(EVENT))
    assert registry.find(EDIT).event == EVENT
    assert registry.get(EDIT) is registry.find(EDIT)


def test_a_sink_refuses_only_what_nobody_can_judge_by(tmp_path: Path) -> None:
    put(tmp_path, '{"properties": {"a": {"$ref": "elsewhere"}}}')
    with pytest.raises(SchemaUnfit, match="elsewhere"):
        Registry(settings(tmp_path)).find(EDIT)
    # Half a file is one that is on its way.
    (tmp_path / "Edit" / "7.json").write_text('{"properties": {"a"')
    with pytest.raises(SchemaAway, match="no schema"):
        Registry(settings(tmp_path)).find(EDIT)


async def test_a_sink_asks_the_wiki(tmp_path: Path, wiki: Wiki) -> None:
    registry = Registry(settings(tmp_path, wiki.url), tmp_path / "state")
    assert (await asyncio.to_thread(registry.find, EDIT)).event == EVENT
    assert (await asyncio.to_thread(registry.find, EDIT)).event == EVENT
    assert wiki.asked == ["7"]


async def test_sinks_ask_no_more_often_than_allowed(tmp_path: Path, wiki: Wiki) -> None:
    registry = Registry(dataclasses.replace(settings(tmp_path, wiki.url), wiki_rate=50.0))
    keys = [SchemaKey("Edit", revision) for revision in range(1, 9)]
    began = time.monotonic()
    await asyncio.gather(*(asyncio.to_thread(registry.find, key) for key in keys))
    assert time.monotonic() - began >= 7 / 50
    assert wiki.most_at_once == 1


async def test_a_sink_waits_for_a_wiki_that_is_away_once_for_all_its_schemas(
    tmp_path: Path, wiki: Wiki
) -> None:
    wiki.takes = 5.0
    slow = dataclasses.replace(settings(tmp_path, wiki.url), wiki_timeout=0.2)
    registry = Registry(slow)
    for revision in range(7, 12):
        with pytest.raises(SchemaAway, match="timed out"):
            await asyncio.to_thread(registry.find, SchemaKey("Edit", revision))
    assert wiki.asked == ["7"]
