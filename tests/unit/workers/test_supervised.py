"""Workers whose supervisor was killed end, and the next supervisor waits for that."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from elfaust.errors import SettingsError
from elfaust.processes import arguments, process_start
from elfaust.settings import Settings
from elfaust.workers import supervised
from elfaust.workers.state import WorkerState
from elfaust.workers.supervised import OPTION, until_gone
from elfaust.workers.supervisor import Supervisor

WORKER = """
import sys, time
from elfaust.workers.supervised import end_with
{ignored}
end_with(int(sys.argv[1]), 0.0)
time.sleep(60)
"""
PARENT = """
import os, subprocess, sys, time
command = [sys.executable, "-c", sys.argv[1], str(os.getpid())]
print(subprocess.Popen(command).pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(
    "ignored",
    [
        "",
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "import elfaust.workers.supervised as s; s.KILL_SECONDS = 0.0",
    ],
    ids=["by SIGTERM", "by SIGKILL"],
)
def test_a_worker_ends_when_its_supervisor_was_killed(ignored: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, WORKER.format(ignored=ignored)], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    started = process_start(worker)
    try:
        parent.kill()
        parent.wait()
        deadline = time.monotonic() + 20
        while process_start(worker) == started:
            assert time.monotonic() < deadline, "the worker runs on"
            time.sleep(0.05)
    finally:
        parent.stdout.close()
        with suppress(ProcessLookupError):
            os.kill(worker, 9)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    base = Settings()
    workers = dataclasses.replace(base.workers, state=str(tmp_path), drain_seconds=0.1)
    return dataclasses.replace(base, workers=workers)


@pytest.fixture
def orphan(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A process with the command line and the state file of a supervised worker."""
    sleep = "import time; time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", sleep, "worker", "mysql", OPTION, "1"])
    # The kernel lets a parent go on before the command line of its child can be read.
    while OPTION not in arguments(process.pid):
        time.sleep(0.01)
    state = WorkerState("mysql", process.pid, process_start(process.pid), "http://127.0.0.1:1/")
    file = Path(settings.workers.state) / f"mysql-{process.pid}.json"
    file.write_text(json.dumps(dataclasses.asdict(state)))
    yield process
    process.kill()
    process.wait()


def test_the_next_supervisor_waits_for_them_and_says_so(
    settings: Settings, orphan: subprocess.Popen[bytes]
) -> None:
    told = []

    def tell(line: str) -> None:
        told.append(line)
        orphan.kill()
        orphan.wait()

    until_gone(settings, tell)
    [line] = told
    assert f"mysql (pid {orphan.pid})" in line


def test_one_that_does_not_end_is_named(
    settings: Settings, orphan: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervised, "KILL_SECONDS", 0.0)
    monkeypatch.setattr(supervised, "LOOK_SECONDS", 0.05)
    with pytest.raises(SettingsError, match=rf"mysql \(pid {orphan.pid}\)"):
        Supervisor(settings, {}).claim()
