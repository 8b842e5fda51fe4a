"""What carries out a campaign's plan: on processes of the test's own, and a server that is none."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from elfaust.devstack.server import Server
from tests.chaos.faults import Begin, Faults, Missed
from tests.chaos.plan import Fault
from tests.integration.running import Running


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def state(process: subprocess.Popen[bytes]) -> str:
    """Return Linux's letter for what a process does: T is frozen."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]


def faults(
    *processes: subprocess.Popen[bytes], server: Any = None, **others: Begin
) -> tuple[Faults, list[str]]:
    told: list[str] = []
    machine = Running(lambda: {"mysql": [one.pid for one in processes]})
    servers = [cast(Server, server)] if server else []
    return Faults([machine], servers, others, told.append), told


class Away:
    """A server that has ended, until it is started."""

    name = "kafka"

    def __init__(self) -> None:
        self.started = 0

    def pid(self) -> int:
        return self.started

    def start(self) -> None:
        self.started += 1

    def wait_ready(self, seconds: float) -> None:
        assert seconds > 0


@pytest.mark.parametrize(
    ("way", "number"), [("killed", signal.SIGKILL), ("told to stop", signal.SIGTERM)]
)
def test_a_worker_is_ended(process: subprocess.Popen[bytes], way: str, number: int) -> None:
    doing, _ = faults(process)
    doing.run([Fault(0.0, f"worker {way}", ("mysql-0",), 0.0)])
    assert process.wait(10) == -number
    assert doing.done == {f"worker {way}": 1}


def test_a_frozen_worker_is_thawed(process: subprocess.Popen[bytes]) -> None:
    seen: list[str] = []

    def look(_: str) -> Callable[[], None]:
        seen.append(state(process))
        return lambda: None

    doing, _ = faults(process, look=look)
    doing.run([Fault(0.0, "worker frozen", ("mysql-0",), 0.3), Fault(0.1, "look", (), 0.0)])
    assert seen == ["T"]
    assert state(process) != "T"


def test_what_is_not_there_is_missed() -> None:
    def gone(_: str) -> Callable[[], None]:
        raise Missed("it is gone")

    doing, told = faults(gone=gone)
    doing.run([Fault(0.0, "worker killed", ("mysql-0", "hdfs-0"), 0.0), Fault(0.0, "gone", (), 0)])
    assert doing.missed == {"worker killed": 2, "gone": 1}
    assert not doing.done
    assert "missed: gone : it is gone" in told


def test_a_fault_that_cannot_be_undone_is_told() -> None:
    def broken(_: str) -> Callable[[], None]:
        def end() -> None:
            raise RuntimeError("no way back")

        return end

    doing, _ = faults(broken=broken)
    doing.run([Fault(0.0, "broken", (), 0.0)])
    assert doing.failed == ["end of broken : RuntimeError('no way back')"]


def test_what_cannot_end_yet_ends_when_the_others_are_over() -> None:
    ways = iter([RuntimeError("the NameNode is away"), None])

    def end() -> None:
        if error := next(ways):
            raise error

    doing, told = faults(full=lambda _: end)
    doing.run([Fault(0.0, "full", (), 0.0)])
    assert not doing.failed
    assert next(ways, "ended") == "ended"
    assert "waits for the other faults to be over" in told[-1]


def test_a_server_that_has_ended_by_itself_starts_again() -> None:
    server = Away()
    doing, told = faults(server=server)
    doing.run([])
    assert server.started == 1
    assert doing.done == {"kafka ended": 1}
    assert told == ["kafka has ended by itself and starts again"]
