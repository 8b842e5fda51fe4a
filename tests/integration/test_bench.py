"""`elfaust bench` measures all roles, or one, on the servers that run; nothing of it is left."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from elfaust.delivery.topics import TopicAdmin
from elfaust.roles import READERS, running
from elfaust.settings import Settings
from elfaust.trial.bench import end_to_end
from elfaust.trial.contenders import LEFT_OUT, elfaust, naive_faust, peer
from elfaust.trial.stage import measure
from elfaust.trial.stage_report import as_table, check, machine, report


async def topics(settings: Settings) -> set[str]:
    async with TopicAdmin(settings) as admin:
        return {name for name in await admin.names() if name.startswith("bench")}


async def until_removed(settings: Settings, before: set[str]) -> None:
    """Wait until there are no more topics than before: brokers hear of a removal a little later."""
    async with asyncio.timeout(60):
        while not await topics(settings) <= before:
            await asyncio.sleep(0.1)


def test_the_processor_alone_is_measured_beside_others_and_nothing_is_left(quick: Settings) -> None:
    absent = peer(f"absent={sys.executable} -c \"print('install it'); exit({LEFT_OUT})\"")
    at_once = peer(f"at once=sh -c 'echo no licence; exit {LEFT_OUT}'")
    contenders = [(elfaust(), 1_000), (naive_faust(), 200), (absent, 1_000), (at_once, 1_000)]
    before, told = asyncio.run(topics(quick)), list[str]()
    entries, left_out = asyncio.run(measure(quick, contenders, [50], 1, told.append))
    check(entries)
    assert [(entry.turns[0].valid, entry.turns[0].invalid) for entry in entries] == [
        (500, 500),
        (100, 100),
    ]
    for [turn] in (entry.turns for entry in entries):
        assert turn.cpu_us > 0
        assert 0 < turn.seconds < 200
        # A worker with all that it imports.
        assert turn.early.memory > 50_000_000 < turn.end.memory
    assert left_out == {"absent": "install it", "at once": "no licence"}
    assert "naive Faust" in as_table(report(entries, [50], left_out, machine()))
    asyncio.run(until_removed(quick, before))
    assert list((Path(quick.workers.state) / "bench").iterdir()) == []


@pytest.mark.long
def test_every_role_is_measured_and_nothing_is_left(quick: Settings) -> None:
    before = asyncio.run(topics(quick))
    measured = end_to_end(quick, 1_000, {})
    assert measured["events"] == 1_000
    roles = set(running(quick.processor.stores, READERS))
    assert set(measured["cpu_us_per_event"]) == roles
    assert all(measured[role]["events_per_second"] > 0 for role in ("end_to_end", *roles))
    asyncio.run(until_removed(quick, before))
    assert list((Path(quick.workers.state) / "bench").iterdir()) == []
