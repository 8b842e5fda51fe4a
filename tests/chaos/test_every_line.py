"""Every line is stored in both stores or is one error, by a reading of the tests' own."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from elfaust.audit.audit import audit
from elfaust.delivery.publisher import publishing
from elfaust.records import Outgoing
from elfaust.settings import Settings
from elfaust.sinks.audit_finding import Finding
from elfaust.trial.job import landed
from tests.chaos.every_line import Event, Files, Line, Read, lines, read_topics, schemas, tables_of
from tests.chaos.trial import until, workers_of
from tests.integration.running import working
from tests.oracle.stores import mysql_row, parquet_event, unnamed
from tests.oracle.values import Text, exact, is_held

LINES = int(os.environ.get("ELFAUST_TEST_LINES", "200000"))
SEED = int(os.environ.get("ELFAUST_TEST_SEED", "1"))
SAMPLE = 5_000
CHUNK = 1_000


@pytest.fixture
def settings(quick: Settings, tmp_path: Path) -> Settings:
    """Settings of a trial; sinks write seldom, or small files would be most of the work."""
    return replace(
        quick,
        schemas=replace(quick.schemas, folder=str(tmp_path / "schemas")),
        mysql=replace(quick.mysql, flush_seconds=2.0),
        hdfs=replace(quick.hdfs, flush_seconds=20.0),
    )


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_each_line_is_stored_in_both_stores_or_one_error(
    settings: Settings, tmp_path: Path
) -> None:
    made = schemas(tmp_path / "schemas", SEED)
    with working(settings, forwarder=0):
        asyncio.run(send(settings, list(lines(LINES, SEED, made))))
        asyncio.run(landed(settings, LINES, timeout=300.0))
        read = asyncio.run(read_topics(settings))
        check_page(settings, read)
        found = asyncio.run(audit(settings))
    check_findings(found.findings, read)
    assert found.account.problems == []
    assert found.account.raw == LINES
    check_lines(read)
    check_stores(settings, read)
    check_values(settings, tmp_path / "schemas", read)


async def send(settings: Settings, sent: Sequence[Line]) -> None:
    """Send lines, so many at a time to each lane by turns."""
    topics = settings.raw_topics
    async with publishing(settings) as publisher:
        for number, first in enumerate(range(0, len(sent), CHUNK)):
            lane, now = number % settings.topics.lanes, int(time.time() * 1_000)
            chunk = sent[first : first + CHUNK]
            await publisher.publish(
                [Outgoing(topics[kind], lane, line, now) for kind, line in chunk]
            )


def check_lines(read: Read) -> None:
    """Each line is one event or one error, and none is both."""
    assert len(read.lines) == LINES
    assert not read.errors.keys() & read.events.keys(), "a sink refuses what the judge took"
    assert read.lines == {*read.events, *read.errors}


def check_findings(findings: Sequence[Finding], read: Read) -> None:
    """The audit finds nothing but the events that came in several lines: each is in Parquet."""
    times = Counter((*key_of(event), event.capsule["uuid"]) for event in read.stored)
    again = Counter(f"Parquet {name}_{of}" for (name, of, _), n in times.items() if n > 1)
    twice = {f.where: f.number for f in findings if f.kind == "twice"}
    others = [f for f in findings if f.kind != "twice"]
    assert (others, twice) == ([], again)


def check_page(settings: Settings, read: Read) -> None:
    """The page says the same of the lines."""
    page = workers_of(settings, "throughput")[0].web
    wanted = {
        "lines": LINES,
        "stored": len(read.stored),
        "errors": dict(Counter(read.errors.values())),
    }

    def says() -> bool:
        total = requests.get(f"{page}throughput/data.json", timeout=10).json()["total"]
        return {name: total.get(name) for name in wanted} == wanted

    until(says, f"the page says {wanted}")


def check_stores(settings: Settings, read: Read) -> None:
    """MySQL has a row of each event that is stored, Parquet one of each record."""
    of_uuids: defaultdict[str, set[str]] = defaultdict(set)
    for event in read.stored:
        of_uuids[table_of(event)].add(event.capsule["uuid"])
    with tables_of(settings) as tables:
        counts = {name: count for name, count in tables.counts().items() if count}
    assert counts == {name: len(uuids) for name, uuids in of_uuids.items()}
    assert Files(settings).counts() == Counter(e.capsule["uuid"] for e in read.stored)


def check_values(settings: Settings, folder: Path, read: Read) -> None:
    """Of a sample both stores have what the oracle says."""
    times = Counter(event.capsule["uuid"] for event in read.stored)
    once = [event for event in read.stored if times[event.capsule["uuid"]] == 1]
    sample = random.Random(SEED).sample(once, min(SAMPLE, len(once)))
    files, found = Files(settings), []
    with tables_of(settings) as tables:
        for table, of in itertools.groupby(sorted(sample, key=table_of), table_of):
            events = list(of)
            uuids, (name, revision) = [e.capsule["uuid"] for e in events], key_of(events[0])
            schema = exact((folder / name / f"{revision}.json").read_bytes())
            rows = tables.rows(table, uuids)
            written = files.rows(f"{name.lower()}_{revision}", uuids)
            for event in events:
                uuid = event.capsule["uuid"]
                found += differences(schema, event, rows.get(uuid, {}), written.get(uuid, {}))
    assert found == []


def differences(schema: Any, event: Event, row: Any, written: Any) -> list[str]:
    """Return what the stores have otherwise than the oracle."""
    sent = event.capsule["event"]
    left = unnamed(schema, sent)
    in_files = {
        "event": parquet_event(schema, sent),
        "event_unnamed": None if left is None else Text(left),
    }
    in_table = mysql_row(schema, sent)
    found = [f"{name} in one alone of {schema}" for name in in_table.keys() ^ row.keys()]
    for held, wanted in ((row, in_table), (written, in_files)):
        found += [
            f"{name}: {of!r:.200} is {held.get(name)!r:.200} of {sent} by {schema}"
            for name, of in wanted.items()
            if not is_held(of, held.get(name))
        ]
    return found


def key_of(event: Event) -> tuple[str, int]:
    """Return an event's schema and revision."""
    return event.capsule["schema"], event.capsule["revision"]


def table_of(event: Event) -> str:
    """Return the name of an event's table."""
    name, revision = key_of(event)
    return f"{name.replace('-', '_')}_{revision}"
