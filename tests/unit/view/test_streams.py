"""Streams: what comes, from where a reader was, and how they end."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from elfaust.view import streams
from elfaust.view.app import View
from elfaust.view.feed import Ring
from elfaust.view.seen import seen
from tests.browser.view_served import ERRORS, Served
from tests.stand_in import stand_in


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "TICK_SECONDS", 0.001)


def add(made: Served, ring: Ring, *schemas: str) -> None:
    ring.add(seen(made.event(schema), ERRORS) for schema in schemas)


async def said(answer: Any, until: bytes) -> bytes:
    text = b""
    async with asyncio.timeout(10):
        while until not in text:
            text += await answer.content.readany()
    return text


async def test_events_come_in_their_order_behind_a_number(
    client: Any, made: Served, ring: Ring
) -> None:
    add(made, ring, "Old", "Edit", "Word")
    answer = await client.get("/events/stream?after=1&filter=-schema:Word")
    assert answer.content_type == "text/event-stream"
    assert b'"schema":"Edit"' in await said(answer, b"id: 2\n")
    add(made, ring, "Word", "Late")
    text = await said(answer, b"id: 5\n")
    assert b'"schema":"Word"' not in text
    assert b'"schema":"Late"' in text


async def test_rows_are_those_of_the_page(client: Any, made: Served, ring: Ring) -> None:
    answer = await client.get("/events/stream?form=rows")
    add(made, ring, "<b>Edit")
    text = await said(answer, b"event: rows\n")
    data = text.partition(b"event: rows\ndata: ")[2].partition(b"\n")[0]
    assert "&lt;b&gt;Edit" in json.loads(data)


async def test_a_number_of_another_worker_is_now(client: Any, made: Served, ring: Ring) -> None:
    add(made, ring, "Old")
    answer = await client.get("/events/stream", headers={"Last-Event-ID": "999"})
    await said(answer, b"\n\n")
    add(made, ring, "New")
    assert b"Old" not in await said(answer, b'"schema":"New"')


async def test_trouble_is_told(client: Any, ring: Ring) -> None:
    ring.trouble = "no broker answers"
    answer = await client.get("/events/stream")
    assert b"Kafka gives nothing now: no broker answers." in await said(answer, b"answers")


async def test_a_stream_ends_by_time(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_SECONDS", 0.05)
    answer = await client.get("/events/stream")
    assert b"event: over" in await asyncio.wait_for(answer.content.read(), 10)


async def test_a_worker_that_stops_ends_its_streams(client: Any, view: View) -> None:
    answer = await client.get("/events/stream")
    await said(answer, b"\n\n")
    assert len(view.streams) == 1
    await view.streams.close()
    async with asyncio.timeout(10):
        while len(view.streams):
            await asyncio.sleep(0.001)


async def test_there_are_only_so_many(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_STREAMS", 0)
    answer = await client.get("/events/stream")
    assert answer.status == 503
    assert answer.headers["Retry-After"]
    assert (await client.get("/events/stream?filter=x:y")).status == 400


async def test_who_reads_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SLOW_SECONDS", 0.01)
    aborted: list[bool] = []
    never = asyncio.Event()

    async def write(text: bytes) -> None:
        await never.wait()

    request: Any = stand_in(transport=stand_in(abort=lambda: aborted.append(True)))
    assert not await streams._written(request, stand_in(write=write), b"x")
    assert aborted == [True]


async def test_a_program_is_told_what_is_forgotten(client: Any, made: Served, ring: Ring) -> None:
    ring._most = 1
    add(made, ring, "Old", "Older", "Word")
    answer = await client.get("/events/stream?after=1")
    assert b"the oldest are left out" in await said(answer, b"left out")


async def test_the_oldest_comes_first(client: Any, made: Served, ring: Ring) -> None:
    add(made, ring, "First", "Second")
    text = await said(await client.get("/events/stream?after=0"), b"id: 2\n")
    assert text.index(b"id: 1\n") < text.index(b"id: 2\n")
