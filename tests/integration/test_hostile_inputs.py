"""All that stopped a role once, on real servers in one run, with good events of 20 schemas between:
no worker ends, each line is in the stores or in EventError once, and only harmed tables wait.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from os import environ
from pathlib import Path
from typing import Any

import pytest
import requests

from elfaust.audit.audit import audit
from elfaust.delivery.lag import LagReader, TopicLag
from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings, as_environ
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.ddl import create_table
from elfaust.workers.state import alive
from tests.integration.hostile_inputs import (
    HELD,
    HOSTILE,
    HOSTILE_2015,
    SCHEMAS,
    Hostile,
    sent_by_server,
)
from tests.integration.hostile_trial import Place, read, with_good, write
from tests.integration.running import EVERY, Running, working

#: Seconds in which all that does not wait has landed.
PATIENCE = 60.0


def trial_of(settings: Settings, folder: Path) -> Settings:
    """Return settings whose schemas are the project's and the hostile ones, beside a plain file.

    Files of many schemas are few and in few folders: each costs a look.
    """
    shutil.copytree(settings.schemas.folder, folder)
    (folder / "LICENSE").write_text("Do what you like.")
    for name, schema in SCHEMAS.items():
        (folder / name).mkdir()
        (folder / name / "1.json").write_text(json.dumps(schema))
    return replace(
        settings,
        schemas=replace(settings.schemas, folder=str(folder)),
        topics=replace(settings.topics, lanes=2),
        hdfs=replace(settings.hdfs, path="{schema}_{revision}/{year}-{month}-{day}-{hour}"),
    )


def harm_tables(settings: Settings, admin: Callable[[str], None]) -> None:
    """Make a table for each schema of HELD, and alter it so that it is held."""
    registry = Registry(settings.schemas)
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        for name in HELD:
            cursor.execute(create_table(f"{name}_1", registry.find(SchemaKey(name, 1))))
    for statements, _ in HELD.values():
        for statement in statements.split("; "):
            admin(statement)


async def landed(
    settings: Settings, running: Running, raw: int, held: Sequence[str] = ()
) -> list[TopicLag]:
    """Wait until all but the held topics of mysql are acknowledged; return the lags."""
    deadline = time.monotonic() + PATIENCE
    async with LagReader(settings) as reader:
        while True:
            lags = await reader.read()
            behind = [lag for lag in lags if lag.lag]
            seen = sum(lag.records for lag in lags if lag.role == "processor")
            waiting = {lag.topic for lag in behind if lag.role == "mysql"}
            if seen == raw and len(behind) == len(held) and waiting == set(held):
                return lags
            assert running.ended == []
            assert time.monotonic() < deadline, [lag for lag in behind if lag.topic not in held]
            await asyncio.sleep(0.3)


def readiness(settings: Settings) -> dict[str, Any]:
    """Return what each worker says at /ready/, by its role."""
    return {
        worker.role: requests.get(f"{worker.web}ready/", timeout=5).json()
        for worker in alive(settings)
    }


def status(settings: Settings) -> str:
    command = [sys.executable, "-m", "elfaust", "status"]
    env = {**environ, **as_environ(settings)}
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


def wrong(
    settings: Settings, places: dict[Place, Hostile], lags: Sequence[TopicLag], held: Sequence[str]
) -> list[str]:
    """Return every difference from what must become of each record."""
    names = TopicNames(settings)
    events = sorted({lag.topic for lag in lags if names.schema_of(lag.topic)})
    found = asyncio.run(read(settings, names.error, events))
    unsent = (found.events.keys() | found.errors.keys()) - places.keys()
    return [
        *(f"{place} was not sent" for place in unsent),
        *(
            f"{sent.name}: {difference}"
            for place, sent in places.items()
            for difference in found.differences(place, sent, sent.name.partition(",")[0] in held)
        ),
    ]


def no_worker_ended(running: Running) -> None:
    assert running.ended == []
    assert running == {f"{role}-0": 0 for role in EVERY if role != "forwarder"}


@pytest.mark.timeout(180)
def test_what_a_line_a_schema_or_a_table_holds_stops_nothing_else(
    quick: Settings, tmp_path: Path, admin: Callable[[str], None]
) -> None:
    settings = trial_of(quick, tmp_path / "schemas")
    harm_tables(settings, admin)
    names, lines = TopicNames(settings), list(with_good(HOSTILE))
    held = [names.event(SchemaKey(name, 1)) for name in HELD]
    with working(settings, forwarder=0) as running:
        places = asyncio.run(write(settings, lines))
        lags = asyncio.run(landed(settings, running, len(lines), held))
        ready = readiness(settings)
        assert all(said["ready"] and not said["unforeseen"] for said in ready.values()), ready
        reasons = cures_of(ready["mysql"]["held"])
        assert all(HELD[name][1] in reason for name, (reason, _) in reasons.items())
        shown = status(settings)
        assert [reason for reason, _ in reasons.values() if reason not in shown] == []
        assert wrong(settings, places, lags, list(HELD)) == []
        for _, cure in reasons.values():
            for statement in cure.split("; "):
                admin(statement)
        lags = asyncio.run(landed(settings, running, len(lines)))
        assert wrong(settings, places, lags, []) == []
        assert readiness(settings)["mysql"]["held"] == []
        assert list(map(str, asyncio.run(audit(settings)).findings)) == []
    no_worker_ended(running)


def cures_of(held: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return why each table waits and the statements that cure it."""
    found = {}
    for reason in held:
        [name] = [name for name in HELD if f"table {name}_1 " in reason]
        cure = reason.partition("; cure: ")[2]
        # The cure of a view also says what happens then.
        found[name] = reason, cure.partition(": the table")[0]
    assert found.keys() == HELD.keys()
    return found


@pytest.mark.timeout(120)
def test_a_time_that_is_none_stops_nothing_by_the_dialect_of_2015(
    quick: Settings, tmp_path: Path
) -> None:
    settings = trial_of(quick, tmp_path / "schemas")
    settings = replace(settings, schemas=replace(settings.schemas, compatibility="2015"))
    plain = Hostile("good", sent_by_server("Plain", {"text": "a"}), is_server=True)
    lines = [line for hostile in HOSTILE_2015 for line in (hostile, plain)]
    with working(settings, forwarder=0) as running:
        places = asyncio.run(write(settings, lines))
        lags = asyncio.run(landed(settings, running, len(lines)))
        assert wrong(settings, places, lags, []) == []
        assert not any(said["unforeseen"] for said in readiness(settings).values())
    no_worker_ended(running)
