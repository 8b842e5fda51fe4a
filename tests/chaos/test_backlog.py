"""Both sinks' servers away for ten minutes at full input: memory stays bounded."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from elfaust.devstack.stack import Stack
from elfaust.settings import Settings
from tests.chaos.trial import Load, Outcome, acknowledged, judged, until, waits_for, workers_of
from tests.integration.running import READERS, working

OUTAGE_SECONDS = 600.0
#: Lines a second: what the servers, the workers and the load can do together on two cores.
RATE = 800.0
#: A worker may grow by this much: the rows that may wait, and what aiokafka fetches ahead, which is
#: a megabyte for each lane of each topic.
GROWTH = 512
SERVERS = {"mysql": "mariadb", "hdfs": "namenode"}


def memory(pid: int) -> int:
    """Return how much memory a process has in use, MiB; 0 if there is none."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) >> 10


def grown(settings: Settings, before: dict[int, int]) -> dict[str, int]:
    """Return by how much the workers that were there before have grown, MiB, by role."""
    workers = {w.pid: w.role for role in READERS for w in workers_of(settings, role)}
    assert workers.keys() == before.keys(), "a worker has ended"
    return {workers[pid]: memory(pid) - before[pid] for pid in before}


def most_grown(settings: Settings, before: dict[int, int], seconds: float) -> dict[str, int]:
    """Return the most that workers have grown by within some seconds, MiB, by role."""
    over, most = time.monotonic() + seconds, dict.fromkeys(READERS, 0)
    while time.monotonic() < over:
        time.sleep(5)
        now = grown(settings, before)
        most = {role: max(most[role], now[role]) for role in READERS}
    return most


@pytest.mark.long
@pytest.mark.timeout(2400)
def test_memory_is_bounded_while_sinks_are_down(
    limited: Settings, stack: Stack, note: Callable[[Outcome], None]
) -> None:
    settings = replace(limited, hdfs=replace(limited.hdfs, flush_rows=20_000))
    with working(settings, forwarder=0) as running, Load(settings, RATE).running() as load:
        until(lambda: all(workers_of(settings, role) for role in READERS), "all have lanes")
        until(lambda: all(n > 10_000 for n in acknowledged(settings).values()), "all are warm")
        before = {w.pid: memory(w.pid) for role in READERS for w in workers_of(settings, role)}
        for server in SERVERS.values():
            stack.server(server).stop()
        try:
            for role in SERVERS:
                until(partial(waits_for, settings, role), f"{role} waits")
            most = most_grown(settings, before, OUTAGE_SECONDS)
        finally:
            for server in SERVERS.values():
                stack.server(server).start()
                stack.server(server).wait_ready(120)
        undone = time.monotonic()
        print(f"grown by MiB: {most}")
        outcome = judged(settings, "both sinks away for 10 minutes", 1, load.stop(), undone)
        note(outcome)
    assert max(most.values()) < GROWTH
    assert outcome.recovery < OUTAGE_SECONDS
    assert running.ended == []
