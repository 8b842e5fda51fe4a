"""A minute without Kafka, under load: what was promised is in MySQL, and nothing twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from elfaust.devstack.stack import Stack
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from tests.integration.running import working
from tests.integration.test_intake import clients, taking

SCHEMA = {"properties": {"n": {"type": "integer", "required": True}}}
CLIENTS, AWAY_SECONDS = 20, 60.0


@dataclass
class Load:
    """Clients that send one number after another until it is over."""

    session: aiohttp.ClientSession
    promised: set[int] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    over: bool = False

    async def run(self) -> None:
        await asyncio.gather(*(self._client(n) for n in range(CLIENTS)))

    async def _client(self, number: int) -> None:
        while not self.over:
            number += CLIENTS
            event = {"schema": "Counted", "revision": 1, "wiki": "w", "event": {"n": number}}
            query = quote(json.dumps(event))
            began = time.monotonic()
            try:
                at = URL(f"{self.session._base_url}beacon/event?{query};", encoded=True)
                async with self.session.get(at) as answer:
                    status = answer.status
            except (aiohttp.ClientError, OSError):
                status = 0
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.statuses[status] += 1
            if status == 204:
                self.promised.add(number)
            await asyncio.sleep(0.02 if status == 204 else 0.1)


def rows(settings: Settings) -> list[int]:
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT event_n FROM Counted_1")
        return [n for (n,) in cursor.fetchall()]


async def without_kafka(settings: Settings, how: signal.Signals) -> None:
    [pid] = [server.pid for server in Stack(settings).status() if server.name == "kafka"]
    os.kill(pid, how)
    await asyncio.sleep(AWAY_SECONDS)
    if how == signal.SIGSTOP:
        os.kill(pid, signal.SIGCONT)
    else:
        await asyncio.to_thread(Stack(settings).up)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.parametrize("spool", [True, False])
async def test_a_minute_without_kafka_loses_no_promise(
    quick: Settings, tmp_path: Path, how: signal.Signals, spool: bool
) -> None:
    (tmp_path / "schemas" / "Counted").mkdir(parents=True)
    (tmp_path / "schemas" / "Counted" / "1.json").write_text(json.dumps(SCHEMA))
    schemas = replace(quick.schemas, folder=str(tmp_path / "schemas"), wiki_url="")
    processor = replace(quick.processor, stores="mysql")
    settings = replace(taking(quick, spool=spool), schemas=schemas, processor=processor)
    with working(settings, forwarder=0, throughput=0) as running:
        async with clients(settings) as session:
            load = Load(session)
            loading = asyncio.create_task(load.run())
            await asyncio.sleep(5)
            before = len(load.promised)
            await without_kafka(settings, how)
            meanwhile = len(load.promised) - before
            async with asyncio.timeout(120):
                again = max(load.promised)
                while max(load.promised) <= again + 50 * CLIENTS:
                    await asyncio.sleep(0.1)
            load.over = True
            await loading
            async with asyncio.timeout(120):
                while load.promised - set(found := await asyncio.to_thread(rows, settings)):
                    await asyncio.sleep(0.5)
    print(f"{how.name} {spool=}: {before} promised before, {meanwhile} without Kafka,", end=" ")
    print(f"{len(load.promised)} in all; {load.statuses}, slowest {load.slowest:.2f} s;", end=" ")
    print(f"{len(found)} rows, {len(found) - len(set(found))} twice; ended: {running.ended}")
    assert len(found) == len(set(found))
    assert load.slowest < 5
    # The intake stays, and refuses no connection.
    assert not load.statuses[0]
    assert not [line for line in running.ended if "intake" in line]
    if spool:
        assert set(load.statuses) == {204}
        assert set(found) == load.promised
    else:
        assert meanwhile < before
