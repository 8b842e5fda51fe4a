"""Every answer is counted, also those to requests that no handler sees."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

import pytest

from elfaust.intake import server
from elfaust.metrics.table import INTAKE_IN_FLIGHT, INTAKE_REQUESTS
from elfaust.metrics.values import values
from tests.unit.intake.requests import Kafka, at, having, serving


@pytest.mark.parametrize(("size", "status"), [(8_191, 204), (70_000, 414), (200_000, 400)])
async def test_a_long_address_is_answered_and_counted(size: int, status: int) -> None:
    settings, kafka = having(), Kafka()
    async with serving(settings, kafka) as session:
        answer = await session.get(at(settings, "beacon/event", "x" * size))
        assert answer.status == status
    assert values().numbers(INTAKE_REQUESTS) == {(str(status),): 1}
    assert values().look().numbers[INTAKE_IN_FLIGHT] == {(): 0}


@pytest.mark.parametrize(
    ("request_line", "header", "why"),
    [
        (b"GET /event.gif?\xc3\xa9; HTTP/1.1", b"", "percent-encoded"),
        (b"\x16\x03\x01\x02\x00\x01\x00", b"", "http://"),
        (b"POST /v1/events HTTP/1.1", b"Content-Encoding: br\r\nContent-Length: 2", "gzip"),
        (b"GET /event.gif HTTP/1.1", b"X: \0", "header"),
    ],
)
async def test_what_is_no_http_is_answered_in_our_words(
    request_line: bytes, header: bytes, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = having()
    async with serving(settings, Kafka()):
        reader, writer = await asyncio.open_connection("127.0.0.1", settings.intake.port)
        writer.write(request_line + b"\r\nHost: x\r\n" + header + b"\r\n\r\n{}")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
    assert b" 400 " in head.split(b"\r\n")[0]
    assert b"Cache-Control: no-store" in head
    said = json.loads(body)["error"]
    assert why in said
    assert "b'" not in said
    assert not caplog.records


async def test_a_client_that_ends_within_a_body_is_no_fault(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = having()
    async with serving(settings, Kafka()) as session:
        _, writer = await asyncio.open_connection("127.0.0.1", settings.intake.port)
        writer.write(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        writer.close()
        await writer.wait_closed()
        while not values().numbers(INTAKE_REQUESTS):
            await session.get("event.gif")
    assert not caplog.records


async def test_a_long_header_is_answered_and_counted() -> None:
    settings = having(header_bytes=1_000)
    async with serving(settings, Kafka()) as session:
        answer = await session.get("event.gif", headers={"X-Long": "x" * 2_000})
        assert answer.status == 400
    assert values().numbers(INTAKE_REQUESTS) == {("400",): 1}


async def test_connections_are_bounded() -> None:
    settings, address = (s := having(connections=2)), ("127.0.0.1", s.intake.port)
    async with serving(settings, Kafka()), AsyncExitStack() as stack:
        opened = [await asyncio.open_connection(*address) for _ in range(4)]
        for _, writer in opened:
            stack.callback(writer.close)
        said = await asyncio.gather(*(reader.read(1_000) for reader, _ in opened[2:]))
        assert all(text.startswith(b"HTTP/1.1 503 ") and b"Retry-After: 5" in text for text in said)
        opened[0][1].close()
        while True:
            reader, writer = await asyncio.open_connection(*address)
            stack.callback(writer.close)
            writer.write(b"GET /event.gif HTTP/1.1\r\nHost: x\r\n\r\n")
            if (await reader.read(12)).endswith(b"400"):
                break
            await asyncio.sleep(0.01)


async def test_a_connection_on_which_nothing_comes_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "FIRST_SECONDS", 0.05)
    monkeypatch.setattr(server, "LOOK_SECONDS", 0.01)
    settings = having()
    async with serving(settings, Kafka()) as session:
        await session.get("event.gif")
        reader, writer = await asyncio.open_connection("127.0.0.1", settings.intake.port)
        writer.write(b"GET /event.gif HTTP/1.1\r\nHost: ")
        assert await reader.read(100) == b""
        writer.close()
        # One that has had a request is kept.
        assert (await session.get("event.gif")).status == 400
        [connection] = session.connector._conns.values()  # type: ignore[union-attr]
        assert len(connection) == 1
