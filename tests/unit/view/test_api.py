"""What a test of a feature asks: a cursor, then what has come since, in one request that waits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from elfaust.view import api
from elfaust.view.app import View
from elfaust.view.feed import Ring
from elfaust.view.seen import seen
from tests.browser.view_served import ERRORS, Served


async def got(client: Any, query: str = "", status: int = 200) -> Any:
    answer = await client.get(f"/api/events?{query}")
    assert answer.status == status
    return await answer.json()


async def reset(client: Any) -> str:
    cursor: str = (await (await client.post("/api/reset")).json())["after"]
    return cursor


def offsets(answer: Any) -> list[int]:
    return [one["offset"] for one in answer["events"]]


def add(made: Served, ring: Ring, *schemas: str) -> None:
    ring.add(seen(made.event(schema), ERRORS) for schema in schemas)


async def test_an_event_that_is_waited_for_is_told_at_once(
    client: Any, made: Served, ring: Ring
) -> None:
    add(made, ring, "Old")
    cursor = await reset(client)
    asking = asyncio.create_task(got(client, f"after={cursor}&schema=Word&wait=30"))
    await asyncio.sleep(0.02)
    add(made, ring, "Other", "Word", "Late")
    answer = await asyncio.wait_for(asking, 5)
    assert [one["schema"] for one in answer["events"]] == ["Word"]
    assert (await got(client, f"after={answer['after']}"))["events"] == []


async def test_who_waits_in_vain_is_told_so_in_time(client: Any, made: Served, ring: Ring) -> None:
    add(made, ring, "Word")
    answer = await got(client, f"after={await reset(client)}&wait=0.01")
    assert (answer["events"], answer["state"]) == ([], "")
    assert offsets(await got(client, "count=2&wait=0.01")) == []


async def test_events_come_in_their_order_and_by_what_is_asked(
    client: Any, made: Served, ring: Ring
) -> None:
    ring.add([seen(made.event(), ERRORS), seen(made.error(), ERRORS), seen(made.event(), ERRORS)])
    assert offsets(await got(client)) == [1, 2, 3]
    assert offsets(await got(client, "status=failed")) == [2]
    assert offsets(await got(client, "status=valid&filter=wiki:enwiki&count=2&wait=9")) == [1, 3]
    assert offsets(await got(client, "schema=Other")) == []
    assert offsets(await got(client, "since=2026-01-01")) == [1, 2, 3]
    assert offsets(await got(client, "since=2999-01-01T00:00:00Z")) == []


async def test_a_reset_takes_nothing_from_who_has_a_cursor(
    client: Any, made: Served, ring: Ring
) -> None:
    cursor = await reset(client)
    add(made, ring, "Word")
    await reset(client)
    assert offsets(await got(client)) == []
    assert offsets(await got(client, f"after={cursor}")) == [1]
    assert len((await (await client.get("/events?format=json")).json())["events"]) == 1


async def test_there_is_no_reset_while_nobody_knows_what_has_come(client: Any, ring: Ring) -> None:
    ring.trouble = "it has not answered yet"
    answer = await client.post("/api/reset")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert "has not answered yet" in (await answer.json())["error"]


async def test_what_is_more_than_an_answer_holds_comes_with_the_next(
    client: Any, made: Served, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MOST_EVENTS", 2)
    add(made, ring, *["Word"] * 3)
    first = await got(client)
    assert offsets(first) == [1, 2]
    assert offsets(await got(client, f"after={first['after']}")) == [3]


WRONG = {
    "status=bad": "all, valid or failed",
    "filter=shcema:x": "did you mean schema",
    "after=1": "none of this process",
    "after=abc-x": "none of this process",
    "wait=61": "a number from 0 to 60",
    "wait=-1": "a number from 0 to 60",
    "count=1e3": "a number from 0 to 500",
    "since=yesterday": "ISO 8601",
}


async def test_what_cannot_be_answered_is_told_why(client: Any) -> None:
    for query, why in WRONG.items():
        assert why in (await got(client, query, 400))["error"]


async def test_a_server_that_stops_lets_nobody_wait(client: Any, view: View) -> None:
    asking = asyncio.create_task(client.get("/api/events?wait=60"))
    while not len(view.streams):
        await asyncio.sleep(0.001)
    await view.streams.close()
    await asyncio.wait([asking], timeout=5)
    assert not len(view.streams)
    asking.exception()


def test_production_has_no_such_address(made: Served) -> None:
    def paths(profile: str) -> list[str]:
        view = View(replace(made.settings, profile=profile), Ring())
        return [route.path for route in view.routes() if "/api/" in route.path]

    assert paths("production") == []
    assert len(paths("beta")) == len(paths("dev")) == 4


async def test_who_is_gone_holds_no_place(
    client: Any, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "QUIET_SECONDS", 0.02)
    asking = asyncio.create_task(client.get("/api/events?wait=60"))
    while not len(view.streams):
        await asyncio.sleep(0.01)
    asking.cancel()
    async with asyncio.timeout(5):
        while len(view.streams):
            await asyncio.sleep(0.01)


async def test_what_has_come_and_is_forgotten_is_told(
    client: Any, made: Served, ring: Ring
) -> None:
    ring._most = 2
    cursor = await reset(client)
    add(made, ring, "Word", "Word", "Word")
    answer = await got(client, f"after={cursor}")
    assert (len(answer["events"]), "oldest are left out" in answer["state"]) == (2, True)
    assert (await got(client, f"after={cursor}&status=failed"))["state"] == ""
    assert (await got(client, f"after={answer['after']}"))["state"] == ""
