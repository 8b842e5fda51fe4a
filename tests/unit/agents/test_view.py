"""The view's worker: its pages answer while Kafka is away, and its streams end with it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import faust
from aiohttp import ClientPayloadError
from aiohttp.test_utils import TestClient, TestServer

from elfaust.agents.view import register
from elfaust.settings import Settings


async def test_pages_answer_while_kafka_is_away(tmp_path: Path) -> None:
    app: Any = faust.App("test", broker="kafka://127.0.0.1:1", datadir=str(tmp_path))
    drains: list[Any] = []
    kafka = replace(Settings().kafka, bootstrap="127.0.0.1:1")
    app.settings, app.on_drain = replace(Settings(), kafka=kafka), drains.append
    register(app)
    app.web.init_server()
    async with TestClient(TestServer(app.web.web_app)) as client, asyncio.timeout(20):
        found = await (await client.get("/?format=json", allow_redirects=True)).text()
        assert "Kafka gives nothing now" in found
        assert "http://127.0.0.1:6066/" in found
        answer = await client.get("/raw/eventlogging-client-side/0/1?format=json")
        assert answer.status == 503
        assert "not available" in (await answer.json())["error"]
        stream = await client.get("/events/stream")
        assert b"Kafka gives nothing now" in await stream.content.readany()
        (drain,) = drains
        await drain()
        # It ends here, though not as one that is complete: its reader asks again.
        with suppress(ClientPayloadError):
            await stream.content.read()
