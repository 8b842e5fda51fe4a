"""Workers that are killed, stopped, frozen, joined by others: nothing is lost, nothing is twice."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from elfaust.settings import Settings, as_environ
from elfaust.trial.job import landed
from elfaust.workers.state import WorkerState, web_port
from tests.chaos.trial import Load, Outcome, acknowledged, go_on, judged, until, workers_of
from tests.integration.running import EVERY, READERS, Running, working, working_as

Note = Callable[[Outcome], None]

KILLS = 200
#: Most a frozen worker's group waits for it before its lanes go to others, seconds over that.
OVER_SESSION = 5.0
STORM_SECONDS = 120.0
#: How often a worker joins or leaves in a storm, seconds.
STORM_STEP = 5.0
TWO = dict.fromkeys(READERS, 2)


def ready(settings: Settings, role: str, count: int = 1) -> list[WorkerState]:
    """Return a role's workers, once so many have their lanes."""
    found: list[WorkerState] = until(
        lambda: len(workers := workers_of(settings, role)) >= count and workers,
        f"{count} workers of {role} are ready",
    )
    return found


@contextmanager
def another(settings: Settings, role: str, log: Path) -> Iterator[None]:
    """Run one more worker of a role, which leaves at the end of the block."""
    port = str(web_port(settings, role, instance=9))
    command = [sys.executable, "-m", "elfaust", "worker", role, "--web-port", port]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, env={**os.environ, **as_environ(settings)}, stdout=out, stderr=out
        )
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(60) == 0


def has_ended(running: Running, role: str) -> bool:
    """Return whether a worker of a role has ended."""
    return any(line.startswith(role) for line in running.ended)


def has_moved(settings: Settings, role: str, before: int) -> bool:
    """Return whether a role has acknowledged more than before."""
    return acknowledged(settings)[role] > before


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_random_kills_lose_and_double_nothing(quick: Settings, note: Note) -> None:
    chance = random.Random(5)
    quick = replace(quick, workers=replace(quick.workers, backoff_max_seconds=1.0))
    with working(quick, forwarder=0, **TWO) as running, Load(quick).running() as load:
        for number in range(KILLS):
            worker = chance.choice(ready(quick, READERS[number % len(READERS)]))
            os.kill(worker.pid, signal.SIGKILL)
            time.sleep(chance.uniform(0.5, 3.0))
        note(judged(quick, "workers killed at random", KILLS, load.stop(), time.monotonic()))
    killed = sum("signal SIGKILL" in line for line in running.ended)
    assert killed == KILLS
    assert set(running.values()) == {0}


@pytest.mark.long
@pytest.mark.timeout(300)
def test_each_worker_may_be_killed_at_work(quick: Settings, note: Note) -> None:
    with working(quick) as running, Load(quick, rate=1_500.0).running() as load:
        for role in EVERY:
            [worker] = ready(quick, role)
            os.kill(worker.pid, signal.SIGKILL)
        until(lambda: len(running.ended) == len(EVERY), "all have been seen to die")
        note(judged(quick, "each worker killed once", 1, load.stop(), time.monotonic()))
    assert set(running.values()) == {0}


@pytest.mark.timeout(300)
def test_a_worker_told_to_stop_drains_and_exits_0(fewer_files: Settings, note: Note) -> None:
    quick = fewer_files
    with working(quick, forwarder=0) as running, Load(quick, rate=1_000.0).running() as load:
        workers = [worker for role in READERS for worker in ready(quick, role)]
        for worker in workers:
            os.kill(worker.pid, signal.SIGTERM)
        for role in READERS:
            drain = quick.workers.drain_seconds
            until(partial(has_ended, running, role), f"{role} has ended", drain)
        note(judged(quick, "workers told to stop", 4, load.stop(), time.monotonic()))
    assert len(running.ended) == len(READERS)
    assert all("ended by exit code 0" in line for line in running.ended)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", READERS)
def test_a_frozen_worker_does_no_harm_when_it_wakes(quick: Settings, note: Note, role: str) -> None:
    times = 2
    counts = {"forwarder": 0, role: 2}
    with working(quick, **counts), Load(quick).running() as load:
        for _ in range(times):
            zombie = ready(quick, role, 2)[0]
            os.kill(zombie.pid, signal.SIGSTOP)
            try:
                time.sleep(quick.kafka.session_timeout + OVER_SESSION)
                goes_on = partial(has_moved, quick, role, acknowledged(quick)[role])
                until(goes_on, f"the other {role} goes on")
            finally:
                os.kill(zombie.pid, signal.SIGCONT)
        note(judged(quick, f"{role} frozen", times, load.stop(), time.monotonic()))


@pytest.mark.long
@pytest.mark.timeout(600)
def test_progress_in_a_storm_of_rebalances(quick: Settings, note: Note, tmp_path: Path) -> None:
    rebalances = 0
    with working(quick, forwarder=0), Load(quick).running() as load:
        for role in READERS:
            ready(quick, role)
        over = time.monotonic() + STORM_SECONDS
        while time.monotonic() < over:
            before = acknowledged(quick)
            for role in READERS:
                with another(quick, role, tmp_path / "another.log"):
                    time.sleep(STORM_STEP)
                rebalances += 2
            now = acknowledged(quick)
            assert all(now[role] > before[role] for role in READERS), (before, now)
        note(judged(quick, "rebalance every 5 s", rebalances, load.stop(), time.monotonic()))


@pytest.mark.long
@pytest.mark.timeout(300)
def test_counts_are_exact_without_the_state_folder(
    fewer_files: Settings, note: Note, tmp_path: Path
) -> None:
    quick, sent = fewer_files, 0
    for again in range(2):
        with working(quick, forwarder=0, throughput=2), Load(quick).running() as load:
            for role in READERS:
                ready(quick, role)
            with another(quick, "throughput", tmp_path / "another.log"):
                ready(quick, "throughput", 3)
            if again:
                sent += load.stop()
                note(judged(quick, "state folder deleted", 1, sent, time.monotonic()))
            else:
                sent = load.stop()
        shutil.rmtree(quick.workers.state)


@pytest.mark.long
def test_a_full_disk_of_logs_does_no_harm_to_data(quick: Settings, note: Note) -> None:
    logs = Path(quick.workers.state) / "logs"
    logs.mkdir(parents=True)
    for role in READERS:
        (logs / f"{role}-0.log").symlink_to("/dev/full")
    quick = replace(quick, workers=replace(quick.workers, log_level="debug"))
    with working(quick, forwarder=0) as running, Load(quick).running() as load:
        for role in READERS:
            ready(quick, role)
        time.sleep(5)
        note(judged(quick, "disk of logs full", 1, load.stop(), time.monotonic()))
    assert running.ended == []


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_topic_that_the_broker_does_not_know_yet_is_read_once_it_does(
    quick: Settings, note: Note
) -> None:
    with working(quick, forwarder=0), Load(quick).running() as load:
        until(lambda: all(acknowledged(quick).values()), "every role has done something")
        sent = load.stop()
        asyncio.run(landed(quick, sent, timeout=90.0))
    before = acknowledged(quick)
    young = working_as("tests.chaos.young_broker", quick, {"forwarder": 0})
    with young, Load(quick).running() as load:
        until(lambda: go_on(quick, "", before), "every role goes on")
        sent += load.stop()
        note(judged(quick, "broker that does not know all topics", 1, sent, time.monotonic()))
