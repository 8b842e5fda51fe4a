"""The pages as a program asks them: JSON, downloads, answers to what is wrong, and their guards."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from elfaust.records import Record, Source
from elfaust.view import stored
from elfaust.view.app import View
from elfaust.view.feed import Ring
from elfaust.view.seen import Seen, seen
from elfaust.view.stored import File, Row
from tests.browser.view_served import ADDRESS, ERRORS, RAW, Served

SCRIPT = "<img src=x onerror=alert(1)>"


@pytest.fixture
async def filled(made: Served, ring: Ring) -> Ring:
    records = [made.event(), made.event("Other"), made.error(), made.error(SCRIPT, schema=SCRIPT)]
    ring.add(seen(record, ERRORS) for record in records)
    return ring


async def got(client: Any, path: str, **more: Any) -> Any:
    return await (await client.get(path, headers={"Accept": "application/json"}, **more)).json()


async def test_each_page_is_guarded_html_and_all_it_needs_is_there(
    client: Any, filled: Ring
) -> None:
    for path in ("/", "/events", "/errors", "/validate", f"/raw/{ERRORS}/0/3", "/raw/x/0/1"):
        answer = await client.get(path)
        assert answer.content_type == "text/html"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"
        html = await answer.text()
        assert SCRIPT not in html
        assert ADDRESS not in html
        for address in re.findall(r' (?:src|href)="([^"?:#]+)"', html):
            there = await client.get(str(answer.url.join(type(answer.url)(address)).path))
            assert there.status in ((200, 410) if "raw/" in address else (200,)), address


async def test_each_page_of_beta_says_so(made: Served) -> None:
    view = View(replace(made.settings, profile="beta"), Ring())
    app = web.Application()
    app.add_routes(view.routes())
    async with TestClient(TestServer(app)) as client:
        for path in (
            "/events",
            "/errors",
            "/schemas",
            "/schemas/Word/1",
            "/validate",
            "/raw/x/0/1",
        ):
            assert "BETA: events of tests" in await (await client.get(path)).text(), path


async def test_events_are_picked_by_status_and_filter(client: Any, filled: Ring) -> None:
    assert [one["offset"] for one in (await got(client, "/events"))["events"]] == [4, 3, 2, 1]
    failed = await got(client, "/events?show=failed&filter=schema:Word")
    assert [(one["code"], one["path"]) for one in failed["events"]] == [
        ("validation", "$.event.word")
    ]
    assert failed["after"] == filled.last
    wrong = await client.get("/events?filter=shcema:Word&format=json")
    assert wrong.status == 400
    assert "did you mean schema" in (await wrong.json())["error"]


@pytest.mark.parametrize("path", ["/events", "/errors"])
async def test_what_is_shown_can_be_kept(client: Any, filled: Ring, path: str) -> None:
    answer = await client.get(f"{path}?format=ndjson")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = [json.loads(line) for line in (await answer.text()).splitlines()]
    csv = await (await client.get(f"{path}?format=csv")).text()
    assert len(rows) == len(csv.splitlines()) - 1
    assert ADDRESS not in csv + str(rows)


async def test_errors_are_in_groups(client: Any, filled: Ring) -> None:
    found = await got(client, "/errors")
    assert found["errors"] == 2
    assert {group["schema"] for group in found["groups"]} == {"Word", SCRIPT}
    assert (await client.get("/errors?filter=x:y")).status == 400


async def test_a_raw_line_is_shown_with_what_is_said_of_it_now(
    client: Any, made: Served, ring: Ring
) -> None:
    line = json.loads(made.error().value)["event"]["rawEvent"].encode()
    ring.add([seen(Record(RAW, 0, 9, 1, line, Source("host/f", 1)), ERRORS)])
    found = await got(client, f"/raw/{RAW}/0/9")
    assert "<address>" in found["line"]
    (verdict,) = found["verdict_now"]
    assert (verdict["code"], verdict["faults"][0]["path"]) == ("validation", "$.event.word")
    assert "$.event.word is 5, and" in await (await client.get(f"/raw/{RAW}/0/9")).text()


async def test_what_failed_then_and_passes_now_is_told_so_and_the_other_way(
    client: Any, made: Served, ring: Ring
) -> None:
    error = made.error()
    line = json.loads(error.value)["event"]["rawEvent"].encode()
    raw = Record(RAW, 0, error.offset, 1, line, Source("host/f", 1))
    event = made.event()._replace(source=error.source)
    ring.add([seen(record, ERRORS) for record in (raw, error, event)])
    pages = (f"/raw/{ERRORS}/0/{error.offset}", f"/event/{'f' * 32}")
    (verdict,) = (await got(client, pages[0]))["verdict_now"]
    assert verdict["status"] == "failed"
    for page in pages:
        assert "would be valid now" not in await (await client.get(page)).text()
    valid = f"/event/{event.offset:032x}"
    assert "would fail now: $.event.word is 5" in await (await client.get(valid)).text()
    schema: dict[str, Any] = {"properties": {"word": {}}}
    (Path(made.settings.schemas.folder) / "Word" / "1.json").write_text(json.dumps(schema))
    for page in pages:
        assert "would be valid now" in await (await client.get(page)).text()
    assert "would fail now" not in await (await client.get(valid)).text()


async def test_what_nobody_has_seen_is_marked(client: Any, made: Served, ring: Ring) -> None:
    error, event = made.error(), made.event()
    raw = json.loads(error.value)["event"]["rawEvent"].replace("cp1", "h-0123456789ab-prefetch")
    capsule = {**json.loads(event.value), "recvFrom": "h-0123456789ab-prerender"}
    event = event._replace(value=json.dumps(capsule).encode())
    ring.add([seen(event, ERRORS), seen(error, ERRORS)])
    ring.add([seen(made.error(rawEvent=raw), ERRORS)])
    assert [of["purpose"] for of in (await got(client, "/events"))["events"]] == [
        "prefetch",
        "",
        "prerender",
    ]
    assert "by prerender" in await (await client.get("/events")).text()
    shown = await (await client.get(f"/event/{event.offset:032x}")).text()
    assert "before anybody saw the page" in shown


async def test_a_record_that_is_gone_is_told_so(client: Any) -> None:
    answer = await client.get(f"/raw/{RAW}/0/9?format=json")
    assert answer.status == 410
    assert (await answer.json())["past_retention"]
    assert "Past retention" in await (await client.get(f"/raw/{RAW}/0/9")).text()


@pytest.mark.parametrize("as_form", [True, False])
async def test_what_is_pasted_is_judged_with_every_fault(client: Any, as_form: bool) -> None:
    events = [
        {"schema": "Word", "revision": 1, "wiki": "w", "event": {"word": "x", "n": 3}},
        {"schema": "Word", "revision": 1, "wiki": "w", "event": {"word": 5, "n": "a"}},
    ]
    text = json.dumps(events, indent=1)
    data = {"text": text} if as_form else text.encode()
    answer = await client.post("/validate?format=json", data=data)
    valid, failed = (await answer.json())["events"]
    assert (valid["topic"], valid["table"]) == ("eventlogging_Word_1", "Word_1")
    assert (valid["row"]["event_word"], valid["row"]["event_n"]) == ("x", 3)
    assert [fault["path"] for fault in failed["faults"]] == ["$.event.word", "$.event.n"]
    page = await (await client.post("/validate", data={"text": f"{text}{SCRIPT}"})).text()
    assert SCRIPT not in page


FORM = "multipart/form-data; boundary=x"
PART = b"--x\r\nContent-Disposition: form-data; name=text\r\n%s\r\n\r\n{}\r\n--x--\r\n"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "multipart/form-data"}, b"--a"),
        ({"Content-Type": FORM}, b"{}"),
        ({"Content-Type": FORM}, b"--x\r\n\r\n{}\r\n--x--\r\n"),
        ({"Content-Type": FORM}, PART.replace(b"\r\n%s", b"")[:-20]),
        ({"Content-Type": FORM}, PART % b"Content-Type: text/plain; charset=foo"),
        ({"Content-Type": FORM}, PART % b"Content-Transfer-Encoding: foo"),
        ({"Content-Type": FORM}, PART % b"no colon"),
        ({"Content-Type": FORM}, PART % b"Content-Type: multipart/mixed; boundary=y"),
        ({"Content-Type": "application/x-www-form-urlencoded; charset=foo"}, b"text=a"),
        ({"Content-Encoding": "gzip"}, b"{}"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    client: Any, headers: dict[str, str], body: bytes
) -> None:
    answer = await client.post("/validate?format=json", data=body, headers=headers)
    assert answer.status == 400
    assert (await answer.json())["error"]


async def test_what_is_too_long_or_slow_is_told_as_asked(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await client.post("/validate?format=json", data=BytesIO(b" " * 2_000_000))
    assert (answer.status, "too long" in (await answer.json())["error"]) == (413, True)
    monkeypatch.setattr("elfaust.view.pasted.BODY_SECONDS", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await forever.wait()

    forever = asyncio.Event()
    answer = await client.post("/validate?format=json", data=slow())
    assert (answer.status, "time" in (await answer.json())["error"]) == (408, True)


@pytest.mark.parametrize(
    "path", ["/schemas/Word/abc", "/schemas/Word/9", "/raw/a/b/c", f"/raw/a/0/{9**20}", "/event/a"]
)
async def test_an_address_of_nothing_is_told_as_asked(client: Any, path: str) -> None:
    answer = await client.get(path, params={"format": "json"})
    assert (answer.status, bool((await answer.json())["error"])) == (404, True)


async def test_nothing_pasted_is_told(client: Any) -> None:
    answer = await client.post("/validate?format=json", data={"text": " "})
    assert answer.status == 400
    assert "Paste" in (await answer.json())["error"]


async def test_one_event_has_its_line_and_its_row(
    client: Any, made: Served, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring.add([seen(made.event(), ERRORS)])
    asked: list[str] = []

    def row_of(settings: object, one: Seen) -> Row:
        asked.append(one.uuid)
        return Row("Word_1", {"event_word": SCRIPT})

    monkeypatch.setattr(stored, "row_of", row_of)
    file = File(f"/a/{SCRIPT}.parquet", 2)
    monkeypatch.setattr(stored, "file_of", lambda settings, one: file)
    uuid = f"{1:032x}"
    found = await got(client, f"/event/{uuid}")
    assert asked == [uuid]
    assert found["event"]["schema"] == "Word"
    assert found["row"]["columns"] == {"event_word": SCRIPT}
    assert found["line"]["past_retention"]
    assert found["file"] == file._asdict()
    page = await (await client.get(f"/event/{uuid}")).text()
    assert "Past retention" in page
    assert SCRIPT not in page
    assert (await client.get(f"/event/{'a' * 32}")).status == 404


async def test_an_event_that_a_store_has_refused_is_told_so(
    client: Any, made: Served, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, other = made.event(), made.event()
    assert event.source is not None
    source = Source(f"mysql/{RAW}", event.source.position)
    refused = made.error("'five' is no number", code="consumer")._replace(source=source)
    ring.add(seen(record, ERRORS) for record in (event, other, refused))
    monkeypatch.setattr(stored, "row_of", lambda settings, one: Row("Word_1", None, "not yet"))
    monkeypatch.setattr(stored, "file_of", lambda settings, one: File("", 0, "no file"))
    found = [await got(client, f"/event/{n:032x}") for n in (1, 2)]
    assert [one["row"]["why"] for one in found] == [
        "MySQL has refused it: 'five' is no number",
        "not yet",
    ]
    assert [one["file"]["why"] for one in found] == ["no file", "no file"]


async def test_a_row_that_is_not_to_be_had_is_told_why(made: Served) -> None:
    settings = replace(made.settings, mysql=replace(made.settings.mysql, port=1))
    row = await asyncio.to_thread(stored.row_of, settings, seen(made.event(), ERRORS))
    assert (row.table, row.columns) == ("Word_1", None)
    assert "MySQL does not answer" in row.why


async def test_there_is_no_other_file(client: Any) -> None:
    assert (await client.get("/view/static/app.py")).status == 404
