"""`elfaust bench` measures all roles on the servers that run, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from elfaust.delivery.topics import TopicAdmin
from elfaust.roles import READERS, running
from elfaust.settings import Settings
from elfaust.trial.bench import end_to_end


@pytest.mark.long
def test_every_role_is_measured_and_nothing_is_left(quick: Settings) -> None:
    async def topics() -> set[str]:
        async with TopicAdmin(quick) as admin:
            return {name for name in await admin.names() if name.startswith("bench")}

    before = asyncio.run(topics())
    measured = end_to_end(quick, 1_000, {})
    assert measured["events"] == 1_000
    roles = set(running(quick.processor.stores, READERS))
    assert set(measured["cpu_us_per_event"]) == roles
    assert all(measured[role]["events_per_second"] > 0 for role in ("end_to_end", *roles))
    assert asyncio.run(topics()) <= before
    assert list((Path(quick.workers.state) / "bench").iterdir()) == []
