from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from elfaust.delivery.patience import Patience
from elfaust.errors import ServerAway
from elfaust.settings import Settings

KAFKA = replace(Settings().kafka, bootstrap="k:9092", request_timeout=30.0)


def test_it_lasts_as_long_as_something_comes() -> None:
    now = 0.0
    patience = Patience(KAFKA, lambda: now)
    for step in range(9):
        now += 29.0
        patience.look({"lane": step})
    now += 30.0
    patience.look({"lane": 8})
    now += 0.1
    with pytest.raises(ServerAway, match=r"k:9092.*no answer for 30 s"):
        patience.look({"lane": 8})


async def test_one_answer_is_not_waited_for_without_end() -> None:
    patience = Patience(replace(KAFKA, request_timeout=0.01))
    with pytest.raises(ServerAway, match=r"k:9092.*no answer for 0.01 s"):
        async with patience.one_step():
            await asyncio.Event().wait()


async def test_a_cancellation_of_somebody_else_s_is_a_connection_that_has_ended() -> None:
    patience = Patience(KAFKA)
    inner = asyncio.ensure_future(asyncio.Event().wait())

    async def waiting(what: Awaitable[object]) -> None:
        async with patience.one_step():
            await what

    asyncio.get_running_loop().call_soon(inner.cancel)
    with pytest.raises(ServerAway, match="the connection has ended"):
        await waiting(inner)
    ours = asyncio.ensure_future(waiting(asyncio.Event().wait()))
    await asyncio.sleep(0)
    ours.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ours
