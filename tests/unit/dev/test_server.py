"""All of `elfaust dev` at one address: what is sent, what is shown, and what a test may ask."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import unused_port
from yarl import URL

from elfaust.dev.memory import Memory
from elfaust.dev.pipeline import MOST_WAITING, Pipeline, Told
from elfaust.dev.said import Said
from elfaust.dev.server import NoAddress, Server
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings

SCHEMA = {"properties": {"cat": {"type": "string", "required": True}}}


class Dev:
    """What was served and told."""

    def __init__(self, folder: Path) -> None:
        (folder / "Cat").mkdir()
        (folder / "Cat" / "1.json").write_text(json.dumps(SCHEMA))
        schemas = replace(Settings().schemas, folder=str(folder), reload=True)
        intake = replace(Settings().intake, port=unused_port())
        self.settings = replace(Settings(), schemas=schemas, intake=intake)
        self.told: list[Told] = []
        self.said: list[Said] = []
        self.tell: Callable[[Told], None] = self.told.append

    def server(self) -> Server:
        memory = Memory(self.settings)
        registry = Registry(self.settings.schemas)
        pipeline = Pipeline(self.settings, registry, memory, self.tell)
        return Server(self.settings, pipeline, memory, self.said.append)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[ClientSession]:
        server = self.server()
        await server.start()
        try:
            async with ClientSession(self.settings.intake.url) as session:
                yield session
        finally:
            await server.stop()


@pytest.fixture
def dev(tmp_path: Path) -> Dev:
    return Dev(tmp_path)


def event(**event: object) -> dict[str, object]:
    return {"schema": "Cat", "revision": 1, "wiki": "w", "event": event}


async def test_what_is_sent_is_told_shown_and_found(dev: Dev) -> None:
    async with dev.serving() as session:
        cursor = (await (await session.post("api/reset")).json())["after"]
        query = quote(json.dumps(event(cat=5, dog=1)))
        address = URL(f"{dev.settings.intake.url}beacon/event?{query};", encoded=True)
        beacon = await session.get(address, headers={"Host": "wiki.example"})
        posted = await session.post("v1/events", json=[event(cat="Tom"), event()])
        asked = await session.get(f"api/events?after={cursor}&status=failed&count=2&wait=5")
        failed, missing = (await asked.json())["events"]
        lines = [failed["line"], missing["line"]]
        for line in lines:
            page = await session.get("raw/{topic}/{lane}/{offset}".format(**line))
            assert page.status == 200
        one = await (await session.get(f"event/{failed['uuid']}?format=json")).json()
    assert (beacon.status, posted.status) == (204, 201)
    assert beacon.headers["Requested-Event-Valid"] == "0"
    assert [told.seen.status for told in dev.told] == ["failed", "valid", "failed"]
    assert len(dev.told[0].faults) == 2
    assert (failed["path"], missing["path"]) == ("$.event", "$.event.cat")
    assert [line["offset"] for line in lines] == [0, 2]
    assert one["row"] is None
    assert not dev.said


async def test_a_schema_that_was_changed_judges_the_next_event(
    dev: Dev, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elfaust.schema.lookup.reload.LOOK_SECONDS", 0.0)
    async with dev.serving() as session:
        await session.post("v1/events", json=event(cat=5))
        changed = {"properties": {"cat": {"type": "integer"}}}
        (Path(dev.settings.schemas.folder) / "Cat" / "1.json").write_text(json.dumps(changed))
        await session.post("v1/events", json=event(cat=5))
    assert [told.seen.status for told in dev.told] == ["failed", "valid"]


async def test_what_is_near_to_what_was_sent_is_told_and_shown(dev: Dev) -> None:
    async with dev.serving() as session:
        await session.post("v1/events", json=[event(cta="Tom"), event() | {"schema": "Cta"}])
        found = (await (await session.get("events?format=json")).json())["events"]
    assert ["mean" in told.seen.hint for told in dev.told] == [True, True]
    assert [one["hint"] for one in found] == [told.seen.hint for told in reversed(dev.told)]


async def test_requests_that_are_no_event_are_told(dev: Dev) -> None:
    async with dev.serving() as session:
        assert (await session.get("beacon/event")).status == 400
        assert (await session.post("v1/events", json=[event(cat="a"), 5])).status == 207
        assert (await session.get("events", headers={"Host": "evil.example"})).status == 421
        assert (await session.post("v1/events", json=event(cat="a" * 17_000))).status == 201
    first, second, long = dev.said
    assert "refused: GET /beacon/event: 400" in first.text
    assert "no event" in first.text
    assert "POST /v1/events: 207" in second.text
    assert "a browser drops beacons" in long.text
    assert [said.is_trouble for said in dev.said] == [True, True, False]


async def test_server_side_lines_are_judged_by_their_format(dev: Dev) -> None:
    memory, heard = Memory(dev.settings), asyncio.Queue[Told]()
    registry = Registry(dev.settings.schemas)
    pipeline = Pipeline(dev.settings, registry, memory, heard.put_nowait)
    running = asyncio.create_task(pipeline.run())
    line = json.dumps(event(cat="Tom") | {"recvFrom": "w", "timestamp": 1}, separators=(",", ":"))
    pipeline.received(f"1 EventLogging {line}\n\nnone\n".encode())
    valid, failed = [await asyncio.wait_for(heard.get(), 5) for _ in range(2)]
    assert (valid.seen.status, failed.seen.status) == ("valid", "failed")
    assert failed.seen.source == ("eventlogging-server-side", 1)
    running.cancel()
    for n in range(MOST_WAITING + 2):
        pipeline.received(b"%d" % n)
    assert pipeline._waiting.get_nowait() == b"2"


async def test_what_is_no_http_is_told_in_a_line(
    dev: Dev, caplog: pytest.LogCaptureFixture
) -> None:
    async with dev.serving():
        at = dev.settings.intake
        reader, writer = await asyncio.open_connection(at.host, at.port)
        writer.write(b"GET /beacon/event?x; HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n")
        assert b"400" in await reader.readline()
        writer.close()
    [said] = dev.said
    assert said.text.startswith("refused: no HTTP that can be read: Invalid header value")
    assert not caplog.records


async def test_an_address_that_is_taken_is_told(dev: Dev) -> None:
    async with dev.serving():
        with pytest.raises(NoAddress, match=r"127\.0\.0\.1:\d+ is in use: .*--port"):
            await dev.server().start()
    dev.settings = replace(
        dev.settings, intake=replace(dev.settings.intake, host="203.0.113.1", public=True)
    )
    with pytest.raises(NoAddress, match=r"nothing can listen at 203\.0\.113\.1"):
        await dev.server().start()


async def test_telling_decides_no_answer(dev: Dev, caplog: pytest.LogCaptureFixture) -> None:
    def fails(told: Told) -> None:
        raise UnicodeEncodeError("latin-1", "x", 0, 1, "a terminal's")

    dev.tell = fails
    async with dev.serving() as session:
        answer = await session.post("v1/events", json=[event(cat="a"), event(cat="b")])
        found = (await (await session.get("events?format=json")).json())["events"]
    assert (answer.status, len(found)) == (201, 2)
    assert caplog.text.count("A line could not be judged, or shown.") == 2


async def test_an_answer_does_not_wait_for_many_verdicts(
    dev: Dev, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elfaust.dev.pipeline.ANSWER_SECONDS", 0.0)
    async with dev.serving() as session:
        cursor = (await (await session.post("api/reset")).json())["after"]
        answer = await session.post("v1/events", json=[event(cat="a")] * 20)
        assert answer.status == 201
        assert len(dev.told) < 20
        found = await session.get(f"api/events?after={cursor}&count=20&wait=5")
        assert len((await found.json())["events"]) == 20


async def test_connections_are_bounded(dev: Dev) -> None:
    dev.settings = replace(dev.settings, intake=replace(dev.settings.intake, connections=1))
    async with dev.serving() as session:
        await session.get("events")
        at = dev.settings.intake
        reader, writer = await asyncio.open_connection(at.host, at.port)
        assert b"503" in await reader.readline()
        writer.close()


async def test_a_client_that_has_gone_is_no_fault(
    dev: Dev, caplog: pytest.LogCaptureFixture
) -> None:
    async with dev.serving() as session:
        at = dev.settings.intake
        for path in (b"validate", b"v1/events"):
            _, writer = await asyncio.open_connection(at.host, at.port)
            of = b"Host: localhost\r\nContent-Length: 9\r\n\r\n{"
            writer.write(b"POST /" + path + b" HTTP/1.1\r\n" + of)
            # The server has read it by then.
            await session.get("events?format=json")
            writer.close()
            await writer.wait_closed()
    assert not caplog.records
