"""The main job on real servers: everything lands, once, whatever is killed on the way."""

from __future__ import annotations

import asyncio
import os
import signal

from elfaust.account import Account, read_account
from elfaust.job import landed, send
from elfaust.lag import TopicLag
from elfaust.settings import Settings
from elfaust.workers import ROLES, alive
from tests.integration.running import working

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
    assert sum(line.valid for line in account.lines) == LINES * 19 // 20
    assert codes == {f"{role}-0": 0 for role in ROLES}


def test_every_line_lands_once_though_every_worker_is_killed(quick: Settings) -> None:
    killed: set[str] = set()

    def kill_at_work(lags: list[TopicLag]) -> None:
        for worker in alive(quick):
            mine = [lag for lag in lags if lag.role == worker.role]
            busy = any(lag.lag for lag in mine) or worker.role == "forwarder"
            if busy and worker.ready and worker.role not in killed:
                killed.add(worker.role)
                os.kill(worker.pid, signal.SIGKILL)

    async def send_while_they_work() -> None:
        while not any(worker.role == "processor" and worker.ready for worker in alive(quick)):
            await asyncio.sleep(0.1)
        # Lines that were all there at once are judged between two looks at the lag.
        await asyncio.gather(
            send(quick, LINES, rate=1_500.0), landed(quick, LINES, kill_at_work, timeout=90.0)
        )

    with working(quick):
        asyncio.run(send_while_they_work())
        account = the_account(quick)
    assert killed == set(ROLES)
    assert account.problems == []
    assert account.raw == LINES


def test_two_workers_a_role_share_the_lanes(quick: Settings) -> None:
    with working(quick, processor=2, mysql=2, hdfs=2, throughput=2, forwarder=0):
        asyncio.run(send(quick, LINES))
        account = the_account(quick)
    assert account.problems == []
    assert account.raw == LINES
