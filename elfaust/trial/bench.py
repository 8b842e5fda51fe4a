"""Measures events a second from raw lines in Kafka to MySQL and Parquet, all roles running.

The lines are in Kafka before the workers start. Time runs from the moment at which the processor
has its lanes until every sink has acknowledged everything, which is after its durable write. The
naive Faust processor (naive.py) is measured first, in the same run, on the same servers: on a
noisy machine only the ratio counts.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from elfaust.audit.hive import in_hive
from elfaust.delivery.lag import LagReader, TopicLag
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import StackError
from elfaust.hive.client import connected
from elfaust.names import TopicNames
from elfaust.processes import cpu_seconds
from elfaust.roles import READERS, picked, running
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings, as_environ, state_folder
from elfaust.sinks.stores import enabled_stores, every_store
from elfaust.trial.job import landed, send
from elfaust.workers.state import alive
from elfaust.workers.supervisor import Supervisor


def isolated(settings: Settings) -> Settings:
    """Return settings whose topics, tables, files and state are nobody else's."""
    name = f"bench{uuid.uuid4().hex[:8]}"
    topics, kafka = settings.topics, settings.kafka
    raw: Any = {f"raw_{kind}": f"{name}-{topic}" for kind, topic in settings.raw_topics.items()}
    for role in picked(settings.processor.stores):
        settings = every_store(settings, [role])[role].isolated(name)
    hive = settings.hive
    return dataclasses.replace(
        settings,
        kafka=dataclasses.replace(kafka, app_id=f"{name}-{kafka.app_id}"),
        topics=dataclasses.replace(
            topics,
            **raw,
            event=f"{name}_{topics.event}",
            error=f"{name}_{topics.error}",
        ),
        hive=dataclasses.replace(hive, database=name),
        workers=dataclasses.replace(
            settings.workers, state=str(state_folder(settings) / "bench" / name)
        ),
    )


@dataclass
class Watch:
    """When each of some roles was first seen to have acknowledged everything."""

    roles: Sequence[str]
    finished: dict[str, float] = field(default_factory=dict)

    def look(self, lags: list[TopicLag]) -> None:
        """Note the roles that have caught up with their topics at this moment."""
        now = time.time()
        for role in self.roles:
            behind = sum(lag.lag for lag in lags if lag.role == role)
            if behind:
                self.finished.pop(role, None)
            else:
                self.finished.setdefault(role, now)


def naive(settings: Settings, events: int) -> float:
    """Return the events a second of the naive Faust processor.

    Raises StackError when it did not end well.
    """
    alone = isolated(settings)
    prepare(alone)
    asyncio.run(send(alone, events))
    Path(alone.workers.state).mkdir(parents=True)
    measured = _yardstick("naive", alone, asyncio.run(_client_lines(alone)))
    clean_up(alone)
    return float(measured["events"] / measured["seconds"])


def judge_alone(settings: Settings, lines: int) -> dict[str, Any]:
    """Return the lines a second of the judge and of EventLogging's plain way, in one process.

    Raises StackError when it did not end well.
    """
    return _yardstick("judging", settings, lines)


def _yardstick(name: str, settings: Settings, count: int) -> dict[str, Any]:
    """Run a module of this room in a process of its own; it prints one JSON object."""
    done = subprocess.run(
        [sys.executable, "-m", f"elfaust.trial.{name}", str(count)],
        env={**os.environ, **as_environ(settings)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode:
        raise StackError(f"elfaust.trial.{name} failed: {done.stderr[-2000:]}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


async def _client_lines(settings: Settings) -> int:
    """Return how many raw lines are in the client-side topic."""
    async with LagReader(settings) as reader:
        lags = await reader.read()
    return sum(
        lag.records
        for lag in lags
        if lag.role == "processor" and lag.topic == settings.topics.raw_client
    )


def end_to_end(settings: Settings, events: int, servers: dict[str, int]) -> dict[str, Any]:
    """Measure all roles together; `servers` are process ids whose CPU time is counted as well.

    With Hive the role hive runs too; the time until its last partition is measured apart, for no
    event waits for it. The topics of the schema revisions exist beforehand, as they do on any day
    but the first.
    """
    alone, roles = isolated(settings), running(settings.processor.stores, READERS)
    prepare(alone)
    asyncio.run(send(alone, events))
    others = {role: 1 for role in roles if role != "processor"}
    if alone.hive.metastore:
        others["hive"] = 1
    # Two supervisors do not share a state folder.
    folder = str(state_folder(alone) / "processor")
    apart = dataclasses.replace(alone, workers=dataclasses.replace(alone.workers, state=folder))
    sinks, processor = Supervisor(alone, others), Supervisor(apart, {"processor": 1})
    watch = Watch(roles)
    try:
        sinks.start()
        wait_ready(alone, sinks, set(others))
        processor.start()
        wait_ready(apart, processor, {"processor"})
        [judging] = alive(apart)
        started = judging.ready
        pids = {w.role: w.pid for w in [*alive(alone), judging]} | servers
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        asyncio.run(landed(alone, events, watch.look))
        in_time = _in_hive(alone, max(watch.finished.values()))
        cpu = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
    finally:
        processor.stop()
        sinks.stop()
        clean_up(alone)
    seconds = max(watch.finished.values()) - started
    rates = {role: events / (watch.finished[role] - started) for role in roles}
    return {
        "events": events,
        "seconds": round(seconds, 2),
        "end_to_end": {"events_per_second": round(events / seconds)},
        **{role: {"events_per_second": round(rate)} for role, rate in rates.items()},
        "cpu_us_per_event": {name: round(1e6 * used / events, 1) for name, used in cpu.items()},
        **in_time,
    }


def _in_hive(settings: Settings, since: float) -> dict[str, Any]:
    """Wait for the last partition, where Hive is on; return after how many seconds it was there."""
    if not settings.hive.metastore:
        return {}
    asyncio.run(in_hive(settings))
    return {"hive": {"complete_after_seconds": round(time.time() - since, 1)}}


def prepare(settings: Settings) -> None:
    """Prepare the stores, and create the topics of all schema revisions of the folder."""
    names = TopicNames(settings)
    topics = [names.event(key) for key in Registry(settings.schemas).known()]
    wanted = [*topics, *names.raw, names.error]
    asyncio.run(_with_admin(settings, lambda admin: admin.ensure(wanted)))
    for store in enabled_stores(settings).values():
        store.prepare()


def clean_up(settings: Settings) -> None:
    """Remove what a measurement has left on the servers and in the state folder."""
    prefix = settings.topics.raw_client.partition("-")[0]
    asyncio.run(_with_admin(settings, lambda admin: admin.delete(prefix)))
    if settings.hive.metastore:
        # Its files are the store's.
        with connected(settings.hive) as call:
            database = settings.hive.database
            call(lambda hive: hive.drop_database(database, False, True), "NoSuchObjectException")
    for store in enabled_stores(settings).values():
        store.remove()
    shutil.rmtree(settings.workers.state, ignore_errors=True)


async def _with_admin(settings: Settings, call: Callable[[TopicAdmin], Awaitable[None]]) -> None:
    async with TopicAdmin(settings) as admin:
        await call(admin)


def wait_ready(
    settings: Settings, supervisor: Supervisor, roles: set[str], timeout: float = 120.0
) -> None:
    """Wait until a worker of each of `roles` has its lanes.

    Raises StackError when one does not come up in time.
    """
    deadline = time.monotonic() + timeout
    while not roles <= (ready := {w.role for w in alive(settings) if w.ready}):
        died = supervisor.tick()
        if died or time.monotonic() > deadline:
            raise StackError("; ".join(died) or f"only {sorted(ready)} have come up")
        time.sleep(0.05)
