"""Profile beta beside production on the same servers: apart, and seen within a second."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from aiokafka import AIOKafkaProducer

from elfaust.delivery.topics import TopicAdmin
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.trial.job import send
from tests.integration.beta_profile import SCHEMA, beta_beside, fetched, tables
from tests.integration.running import working

NO_MORE = {"forwarder": 0, "throughput": 0}
EVENTS, A_SECOND = 500, 50


@pytest.fixture
def beta(fresh: Settings, tmp_path: Path) -> Iterator[Settings]:
    """What faust.conf has for beta, on the servers of the tests, with names only of this test."""
    with beta_beside(fresh, tmp_path) as settings:
        yield settings


def line(n: int, **more: str) -> bytes:
    event = {"schema": "Counted", "revision": 1, "wiki": "w", "event": {"n": n, **more}}
    return f"?{quote(json.dumps(event))};\tme\t{n}\t2020-09-13T12:26:40\t::1\tUA".encode()


async def sent(
    settings: Settings, numbers: range, pause: float = 0.0, **more: str
) -> dict[int, float]:
    """Send a raw line for each number; return when each was sent, monotonic seconds."""
    topic, times = settings.topics.raw_client, dict[int, float]()
    async with TopicAdmin(settings) as admin:
        await admin.ensure([topic])
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka.bootstrap)
    await producer.start()
    try:
        began = time.monotonic()
        for index, n in enumerate(numbers):
            await asyncio.sleep(max(0.0, began + index * pause - time.monotonic()))
            times[n] = time.monotonic()
            await producer.send(topic, line(n, **more), partition=n % settings.topics.lanes)
        await producer.flush()
        return times
    finally:
        await producer.stop()


def rows_seen(settings: Settings, last: int, timeout: float = 40.0) -> dict[int, float]:
    """Return when each number was first in the table, until the last one is there."""
    seen, deadline = dict[int, float](), time.monotonic() + timeout
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        while last not in seen:
            assert time.monotonic() < deadline, len(seen)
            connection.rollback()
            cursor.execute("SHOW TABLES LIKE 'Counted_1'")
            if cursor.fetchone():
                cursor.execute("SELECT event_n FROM Counted_1 WHERE id > %s", (len(seen),))
                now = time.monotonic()
                seen |= {n: now for (n,) in cursor.fetchall() if n not in seen}
            time.sleep(0.01)
    return seen


@pytest.mark.long
def test_neither_sees_the_others_events(quick: Settings, beta: Settings) -> None:
    production = replace(quick, processor=replace(quick.processor, stores="mysql"))
    with working(production, **NO_MORE) as ours, working(beta, **NO_MORE) as theirs:
        asyncio.run(sent(beta, range(20)))
        asyncio.run(send(production, 200))
        rows_seen(beta, 19)
        deadline = time.monotonic() + 40
        while not tables(production):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        of_beta, of_production = tables(beta), tables(production)
    assert of_beta == {"Counted_1"}
    assert "Counted_1" not in of_production
    assert {*ours.values(), *theirs.values()} == {0}


@pytest.mark.long
def test_events_of_known_revisions_are_rows_within_a_second(beta: Settings) -> None:
    with working(beta, **NO_MORE):
        asyncio.run(sent(beta, range(10)))
        rows_seen(beta, 9)

        async def measured() -> tuple[dict[int, float], dict[int, float]]:
            numbers = range(10, 10 + EVENTS)
            seeing = asyncio.to_thread(rows_seen, beta, numbers[-1])
            times, seen = await asyncio.gather(sent(beta, numbers, 1 / A_SECOND), seeing)
            return times, seen

        times, seen = asyncio.run(measured())
    took = sorted(seen[n] - began for n, began in times.items())
    p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    print(f"from raw line to row: p50 {p50:.3f} s, p99 {p99:.3f} s, longest {took[-1]:.3f} s")
    assert p99 < 1.0


@pytest.mark.long
def test_a_schema_that_is_changed_counts_for_validation_and_rows(beta: Settings) -> None:
    file = Path(beta.schemas.folder) / "Counted" / "1.json"
    with working(beta, **NO_MORE):
        asyncio.run(sent(beta, range(5)))
        rows_seen(beta, 4)
        changed = {"properties": {**SCHEMA["properties"], "more": {"type": "string"}}}
        file.write_text(json.dumps(changed))
        time.sleep(2.5)
        asyncio.run(sent(beta, range(5, 10), more="yes"))
        rows_seen(beta, 9)
        rows = fetched(beta, "SELECT event_n, event_more FROM Counted_1 ORDER BY event_n")
    assert rows == tuple((n, None if n < 5 else "yes") for n in range(10))
