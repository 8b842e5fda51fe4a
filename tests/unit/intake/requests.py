"""An intake that is served, and a Kafka that takes what it is sent when a test lets it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import ClientSession
from aiohttp.test_utils import unused_port
from yarl import URL

from elfaust.errors import TooLong
from elfaust.intake.application import Intake, Verdict
from elfaust.intake.gatherer import Gatherer
from elfaust.intake.raw_lines import RawLines
from elfaust.intake.server import Server
from elfaust.records import Outgoing
from elfaust.schema.dialect import DIALECTS
from elfaust.settings import Settings

FORMAT = DIALECTS["2018"].client_format


class Kafka:
    """Acknowledges records, unless `answers` is cleared; a record has at most `most` bytes."""

    def __init__(self, most: int = 100_000) -> None:
        self.answers = asyncio.Event()
        self.answers.set()
        self.batches: list[list[Outgoing]] = []
        self.fails: Exception | None = None
        self._most = most

    @property
    def lines(self) -> list[bytes]:
        return [record.value for batch in self.batches for record in batch]

    async def publish(self, records: Sequence[Outgoing]) -> dict[tuple[str, int], int]:
        if long := {r: self._most for r in records if len(r.value) > self._most}:
            raise TooLong(long)
        await self.answers.wait()
        if self.fails:
            raise self.fails
        self.batches.append(list(records))
        return {}


def having(profile: str = "production", **intake: Any) -> Settings:
    """Return settings of the intake, on a port that is free."""
    base = Settings()
    free = {"port": unused_port(), **intake}
    return replace(base, profile=profile, intake=replace(base.intake, **free))


def at(settings: Settings, path: str, query: str) -> URL:
    """Return an address with a query that nobody encodes once more."""
    return URL(f"{settings.intake.url}{path}?{query}", encoded=True)


@asynccontextmanager
async def serving(
    settings: Settings, kafka: Kafka, verdict: Verdict | None = None
) -> AsyncIterator[ClientSession]:
    """Serve an intake, and give a session whose addresses begin at it."""
    gatherer = Gatherer("raw", 2, settings.intake.memory_bytes)
    server = Server(
        settings.intake, Intake(settings, RawLines(FORMAT), gatherer, verdict).application()
    )
    running = asyncio.create_task(gatherer.run(kafka))
    await server.start()
    try:
        async with ClientSession(settings.intake.url, max_line_size=1_000_000) as session:
            yield session
    finally:
        await server.stop()
        await gatherer.stop()
        await asyncio.gather(running, return_exceptions=True)
