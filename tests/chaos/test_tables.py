"""A table altered by hand: its schema's events wait, all others go on, and nothing is lost."""

from __future__ import annotations

import asyncio
from contextlib import closing

from elfaust.account import read_account
from elfaust.job import behind, landed, send
from elfaust.lag import LagReader, TopicLag
from elfaust.settings import Settings
from elfaust.sinks.connection import connect
from tests.integration.running import working

LINES = 3_000
TABLE = "HelpPanel_18731791"


def alter(settings: Settings, change: str) -> None:
    with closing(connect(settings.mysql)) as connection:
        connection.query(f"ALTER TABLE `{TABLE}` {change}")


async def until_only_one_is_behind(settings: Settings, raw: int) -> list[TopicLag]:
    """Wait until at most one topic of one role is behind, all raw lines being judged."""
    reader = LagReader(settings)
    await reader.start()
    try:
        async with asyncio.timeout(90):
            while True:
                lags = await reader.read()
                judged = sum(lag.acknowledged for lag in lags if lag.role == "processor")
                late = list(behind(lags))
                if judged == raw and len(late) == 1:
                    return late
                await asyncio.sleep(0.3)
    finally:
        await reader.close()


def test_one_altered_table_holds_up_no_other(quick: Settings) -> None:
    with working(quick, forwarder=0):
        asyncio.run(send(quick, LINES))
        asyncio.run(landed(quick, LINES, timeout=90.0))
        alter(quick, "DROP COLUMN event_action")
        asyncio.run(send(quick, LINES))
        [late] = asyncio.run(until_only_one_is_behind(quick, 2 * LINES))
        assert (late.role, late.topic.endswith(TABLE)) == ("mysql", True)
        alter(quick, "ADD COLUMN event_action VARCHAR(1024)")
        asyncio.run(landed(quick, 2 * LINES, timeout=90.0))
        account = asyncio.run(read_account(quick))
    assert account.problems == []
    assert account.raw == 2 * LINES
