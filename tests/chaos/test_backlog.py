"""A sink's server that is away for ten minutes at full input: memory stays bounded."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from elfaust.devstack.stack import Stack
from elfaust.lag import READERS
from elfaust.settings import Settings
from tests.chaos.trial import Load, Outcome, acknowledged, judged, until, waits_for, workers_of
from tests.integration.running import working

OUTAGE_SECONDS = 600.0
#: Lines a second: what the servers, the workers and the load can do together on two cores.
RATE = 1_000.0
#: A worker may grow by this much after its first half minute, bytes.
GROWTH = 150 * 1024 * 1024


def memory(pid: int) -> int:
    """Return how much memory a process has in use, bytes; 0 if there is none."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) * 1024


def grown(settings: Settings, before: dict[int, int]) -> dict[str, int]:
    """Return by how much the workers that were there before have grown, MiB, by role."""
    workers = {w.pid: w.role for role in READERS for w in workers_of(settings, role)}
    assert workers.keys() == before.keys(), "a worker has ended"
    return {workers[pid]: (memory(pid) - before[pid]) >> 20 for pid in before}


@pytest.mark.long
@pytest.mark.timeout(2400)
@pytest.mark.parametrize(("server", "role"), [("mariadb", "mysql"), ("namenode", "hdfs")])
def test_memory_is_bounded_while_a_sink_is_down(
    limited: Settings,
    stack: Stack,
    note: Callable[[Outcome], None],
    server: str,
    role: str,
) -> None:
    with working(limited, forwarder=0) as running, Load(limited, RATE).running() as load:
        until(lambda: all(workers_of(limited, reader) for reader in READERS), "all have lanes")
        until(lambda: all(n > 10_000 for n in acknowledged(limited).values()), "all are warm")
        before = {w.pid: memory(w.pid) for reader in READERS for w in workers_of(limited, reader)}
        stack.server(server).stop()
        try:
            until(lambda: waits_for(limited, role), f"{role} waits")
            over, most = time.monotonic() + OUTAGE_SECONDS, dict.fromkeys(READERS, 0)
            while time.monotonic() < over:
                time.sleep(5)
                now = grown(limited, before)
                most = {reader: max(most[reader], now[reader]) for reader in READERS}
                assert max(most.values()) << 20 < GROWTH, most
        finally:
            stack.server(server).start()
            stack.server(server).wait_ready(120)
        undone = time.monotonic()
        outcome = judged(limited, f"{server} away for 10 minutes", 1, load.stop(), undone)
        print(f"grown by MiB: {most}")
        note(outcome)
        assert outcome.recovery < OUTAGE_SECONDS
    assert running.told == []
