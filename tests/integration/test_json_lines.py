"""A third sink that is turned on: the worked example of docs/extending.md at work."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace

from elfaust.audit.account import read_account
from elfaust.audit.audit import audit
from elfaust.settings import Settings
from elfaust.trial.job import landed, send
from tests.chaos.trial import until
from tests.integration.running import READERS, working

LINES = 1_000


def test_every_valid_event_is_in_the_folder_once_though_its_worker_starts_again(
    quick: Settings,
) -> None:
    settings = replace(quick, processor=replace(quick.processor, stores="mysql hdfs lines"))
    with working(settings, forwarder=0) as running:
        asyncio.run(send(settings, LINES))
        asyncio.run(landed(settings, LINES, timeout=90.0))
        [worker] = running.pids()["lines"]
        os.kill(worker, signal.SIGTERM)
        until(lambda: running.ended, "the worker has ended")
        asyncio.run(send(settings, LINES))
        asyncio.run(landed(settings, 2 * LINES, timeout=90.0))
    assert running == {f"{role}-0": 0 for role in (*READERS, "lines")}
    [ended] = running.ended
    assert ended.startswith("lines")
    assert "ended by exit code 0" in ended
    account = asyncio.run(read_account(settings))
    assert account.problems == []
    stored = [entry.in_store("lines") for entry in account.entries]
    assert sum(of.events for of in stored) == 2 * LINES * 19 // 20
    assert not any(of.twice for of in stored)
    assert list(map(str, asyncio.run(audit(settings)).findings)) == []
