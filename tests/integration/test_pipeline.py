"""The main job on real servers: everything lands, once."""

from __future__ import annotations

import asyncio

import pytest

from elfaust.audit.account import Account, read_account
from elfaust.settings import Settings
from elfaust.trial.job import landed, send
from tests.integration.running import EVERY, working

LINES = 6_000


def the_account(settings: Settings) -> Account:
    asyncio.run(landed(settings, LINES, timeout=90.0))
    return asyncio.run(read_account(settings))


def test_every_line_lands_once_and_a_stop_is_clean(quick: Settings) -> None:
    with working(quick) as codes:
        asyncio.run(send(quick, LINES))
        account = the_account(quick)
    assert account.problems == []
    assert account.raw == LINES
    assert sum(entry.valid for entry in account.entries) == LINES * 19 // 20
    assert codes == {f"{role}-0": 0 for role in EVERY}


@pytest.mark.long
def test_two_workers_a_role_share_the_lanes(quick: Settings) -> None:
    # Shorter, and with the numbers of each worker: test_metrics.py.
    with working(quick, processor=2, mysql=2, hdfs=2, throughput=2, forwarder=0):
        asyncio.run(send(quick, LINES))
        account = the_account(quick)
    assert account.problems == []
    assert account.raw == LINES
