"""How many look-ups there are at a time and a second, and when one is tried again."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from elfaust.records import SchemaKey
from elfaust.schema.lookup import background
from elfaust.schema.lookup.background import BackgroundLookups, Trouble
from elfaust.settings import Schemas

KEYS = [SchemaKey("Edit", revision) for revision in range(1, 101)]
AWAY = Trouble("away", of_all=True)
#: No rate that a test could reach.
UNLIMITED = 1e6


class Wiki:
    """What is asked, and how many at a time; `answers` says what comes of it."""

    def __init__(self, calls: int = 4, rate: float = UNLIMITED) -> None:
        self.asked: Counter[SchemaKey] = Counter()
        self.at_once = self.most_at_once = self.sessions = self.open = 0
        self.trouble: Trouble | None = None
        #: What the next look-up raises, if anything.
        self.error: Exception | None = None
        self.takes = 0.0
        settings = dataclasses.replace(Schemas(), wiki_calls=calls, wiki_rate=rate)
        self.lookups = BackgroundLookups(self.look_up, self.session, settings)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        self.sessions += 1
        self.open += 1
        try:
            async with aiohttp.ClientSession() as session:
                yield session
        finally:
            self.open -= 1

    async def look_up(self, _: aiohttp.ClientSession, key: SchemaKey) -> Trouble | None:
        error, self.error = self.error, None
        if error is not None:
            raise error
        self.asked[key] += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.takes)
            return self.trouble
        finally:
            self.at_once -= 1

    async def until_asked(self, number: int) -> None:
        async with asyncio.timeout(20):
            while self.asked.total() < number:
                await self.lookups.wait_changed(0.01)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(background, "MAX_PAUSE_SECONDS", 0.1)


async def test_so_many_are_looked_up_side_by_side_over_one_session() -> None:
    wiki = Wiki(calls=3)
    wiki.takes = 0.002
    for key in KEYS:
        wiki.lookups.ask([key])
        wiki.lookups.ask([key])
    await wiki.until_asked(len(KEYS))
    assert set(wiki.asked.values()) == {1}
    assert (wiki.most_at_once, wiki.sessions) == (3, 1)
    await wiki.lookups.close()
    assert wiki.open == 0


async def test_no_more_are_looked_up_a_second_than_allowed() -> None:
    wiki = Wiki(rate=100.0)
    began = time.monotonic()
    wiki.lookups.ask(KEYS)
    await wiki.until_asked(30)
    assert time.monotonic() - began >= 29 / 100
    await wiki.lookups.close()


@pytest.mark.usefixtures("quick")
async def test_a_wiki_that_is_away_is_asked_one_by_one_with_growing_pauses() -> None:
    wiki = Wiki()
    wiki.trouble = AWAY
    began = time.monotonic()
    wiki.lookups.ask(KEYS)
    # The first four side by side, then one after each pause of 20, 40, 80, 100, 100 ms.
    await wiki.until_asked(4 + 5)
    assert time.monotonic() - began >= 0.02 + 0.04 + 0.08 + 0.1 + 0.1
    assert all(wiki.lookups.why(key) == "away" for key in KEYS)
    assert wiki.lookups.away_for() > 0
    wiki.trouble = None
    wiki.asked.clear()
    async with asyncio.timeout(20):
        while len(wiki.asked) < len(KEYS):
            await wiki.lookups.wait_changed(1.0)
    assert set(wiki.asked.values()) == {1}
    assert wiki.lookups.away_for() == 0


@pytest.mark.usefixtures("quick")
async def test_a_schema_in_trouble_of_its_own_holds_up_no_other() -> None:
    wiki = Wiki(calls=1)
    wiki.trouble = Trouble("no rights", of_all=False)
    wiki.lookups.ask(KEYS[:1])
    await wiki.until_asked(2)
    wiki.trouble = None
    wiki.lookups.ask(KEYS[1:2])
    await wiki.until_asked(4)
    assert wiki.asked[KEYS[1]] == 1


@pytest.mark.usefixtures("quick")
async def test_an_error_that_nobody_foresaw_is_told_and_tried_again() -> None:
    wiki = Wiki()

    wiki.error = ArithmeticError("nobody foresaw this")
    wiki.lookups.ask(KEYS[:1])
    await wiki.lookups.wait_changed(5.0)
    assert "nobody foresaw this" in wiki.lookups.why(KEYS[0])
    await wiki.until_asked(1)


async def test_what_was_cut_off_may_be_asked_for_again() -> None:
    wiki = Wiki()
    wiki.takes = 60.0
    wiki.lookups.ask(KEYS)
    await wiki.until_asked(4)
    await wiki.lookups.close()
    wiki.takes = 0.0
    wiki.lookups.ask(KEYS)
    await wiki.until_asked(4 + len(KEYS))
    assert (wiki.sessions, set(wiki.asked.values())) == (2, {1, 2})


def test_another_loop_goes_on() -> None:
    wiki = Wiki()

    async def ask(key: SchemaKey) -> None:
        wiki.lookups.ask([key])
        await wiki.until_asked(1)
        wiki.asked.clear()

    for key in KEYS[:3]:
        asyncio.run(ask(key))
    assert (wiki.sessions, wiki.open) == (3, 0)


async def test_connections_are_closed_once_nothing_was_wanted_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "IDLE_SECONDS", 0.02)
    wiki = Wiki()
    for number, key in enumerate(KEYS[:2], 1):
        wiki.lookups.ask([key])
        await wiki.until_asked(number)
        async with asyncio.timeout(20):
            while wiki.open:
                await asyncio.sleep(0.005)
    assert wiki.sessions == 2
