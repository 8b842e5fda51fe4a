from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elfaust.devstack import processes
from elfaust.devstack.processes import Process
from elfaust.errors import StackError
from elfaust.processes import process_start

STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)"
SLEEP = "import time; time.sleep(60)"


def spawn(program: str, log: Path) -> Process:
    pid = processes.start([sys.executable, "-c", program], os.environ, log)
    return Process(pid, process_start(pid), (1,))


@pytest.fixture
def foreign() -> Iterator[subprocess.Popen[bytes]]:
    """A process that processes.py did not start."""
    with subprocess.Popen([sys.executable, "-c", SLEEP]) as process:
        yield process
        process.kill()


def test_process_runs_detached_with_its_output_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    process = spawn(
        f"import sys; print('out', flush=True); print('err', file=sys.stderr, flush=True); {SLEEP}",
        log,
    )
    try:
        assert os.getsid(process.pid) == process.pid
        assert process.alive
        deadline = time.monotonic() + 10
        while "err" not in log.read_text() and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        assert processes.stop(process, 5)
    assert log.read_text() == "before\nout\nerr\n"
    assert not process.alive
    assert processes.stop(process, 5)


def test_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = spawn(f"{STUBBORN}; {SLEEP}", log)
    while not log.read_text():
        time.sleep(0.01)
    began = time.monotonic()
    assert processes.stop(process, 0.3)
    assert time.monotonic() - began >= 0.3
    assert not process.alive


def test_program_that_cannot_be_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="/no/such cannot be run: No such file"):
        processes.start(["/no/such"], os.environ, tmp_path / "log")


def test_pid_that_somebody_else_has_by_now_is_left_alone(
    tmp_path: Path, foreign: subprocess.Popen[bytes]
) -> None:
    pid_file = tmp_path / "pid"
    reused = Process(foreign.pid, process_start(foreign.pid) - 1, (1,))
    processes.write(pid_file, reused)
    assert processes.read(pid_file) is None
    assert processes.stop(reused, 1)
    assert foreign.poll() is None


def test_pid_file_comes_back_as_it_was_written(
    tmp_path: Path, foreign: subprocess.Popen[bytes]
) -> None:
    pid_file = tmp_path / "pid"
    process = Process(foreign.pid, process_start(foreign.pid), (9092, 9093))
    processes.write(pid_file, process)
    assert processes.read(pid_file) == process
    # Written before ports were kept.
    pid_file.write_text(json.dumps({"pid": process.pid, "started": process.started}))
    assert processes.read(pid_file) == replace(process, ports=())


def test_process_that_never_was_is_not_alive() -> None:
    # 0 is what process_start says of a process that there is not.
    assert not Process(2**22 + 1, 0).alive


@given(
    text=st.text() | st.sampled_from(["null", "[]", "{}", '{"pid": 1}', '{"pid": 1, "started": 0}'])
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pid_file_that_is_none_names_no_process(tmp_path: Path, text: str) -> None:
    pid_file = tmp_path / "pid"
    pid_file.write_text(text, encoding="utf-8")
    assert processes.read(pid_file) is None
