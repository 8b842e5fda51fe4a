"""elfaust worker: a port that it cannot have, how many workers there are, and how one ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from elfaust.commands import main, worker
from elfaust.commands.up import parse_counts
from elfaust.errors import SettingsError
from elfaust.roles import ROLES, running
from elfaust.settings import Settings
from elfaust.workers.state import WorkerState, web_port
from elfaust.workers.supervisor import Supervisor


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


@pytest.mark.parametrize("port", ["0", "-1", "65536", "x"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    result = CliRunner().invoke(main, ["worker", "mysql", "--web-port", port])
    assert (result.exit_code, "--web-port" in result.output) == (2, True)


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(main, ["worker", "mysql", "--web-port", str(port)])
    assert result.exit_code == 2
    assert f"port {port}: address already in use: set web.port" in result.output


def test_a_forwarder_s_port_in_use_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        monkeypatch.setenv("ELFAUST_FORWARDER_PORT", port)
        result = CliRunner().invoke(main, ["worker", "forwarder", "--web-port", "6071"])
    assert result.exit_code == 2
    assert f"UDP port {port}: address already in use: set forwarder.port" in result.output


def test_an_intake_s_port_in_use_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        monkeypatch.setenv("ELFAUST_INTAKE_PORT", port)
        result = CliRunner().invoke(main, ["worker", "intake", "--web-port", "6071"])
    assert result.exit_code == 2
    assert f"port {port}: address already in use: set intake.port" in result.output


def test_a_worker_for_which_there_is_no_port_is_named() -> None:
    settings = replace(Settings(), web=replace(Settings().web, port=65_535))
    assert web_port(settings, "throughput") == 65_535
    with pytest.raises(SettingsError, match=r"web.port 65535: worker 0 of mysql would have port"):
        web_port(settings, "mysql")
    with pytest.raises(SettingsError, match=r"web.port 6066: worker .* of mysql would have port"):
        Supervisor(Settings(), {"mysql": 99_999_999})


def test_a_worker_ends_with_the_code_of_what_ended_it(tmp_path: Path) -> None:
    """Faust's own code is 1 for all."""
    script = f"""
import os

# What all workers import is imported once.
import agents.processor, uvloop
import elfaust.app, elfaust.workers.process
from elfaust.commands import main, worker
from elfaust.errors import LaneLost, SettingsError, Unacknowledged
from elfaust.workers.worker import Worker

def started(error, port):
    async def crash(worker):
        await worker.crash(error)

    Worker.find_servers = crash
    if not (child := os.fork()):
        main(["worker", "processor", "--web-port", port])
    return child

errors = Unacknowledged("Kafka", "silent"), LaneLost(0, "taken over"), SettingsError("none")
for child in list(map(started, errors, {[str(free_port()) for _ in range(3)]})):
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "ELFAUST_WORKERS_STATE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["3", "1", "2"], done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(said) == 3, done.stderr


@pytest.mark.parametrize(
    "given", ["mysql", "mysql=", "mysql=-1", "mysql=\u00b2", "none=1", "mysql=" + "9" * 5000]
)
def test_counts_that_are_none_are_refused(given: str) -> None:
    with pytest.raises(click.BadParameter, match="is not ROLE=N"):
        parse_counts((given,), Settings())


def test_a_sink_that_is_not_picked_has_no_worker_unless_it_is_asked_for() -> None:
    base = Settings()
    alone = replace(base, processor=replace(base.processor, stores="mysql"))
    runs = running("mysql", asked=["view"])
    assert parse_counts((), alone) == dict.fromkeys(ROLES, 0) | dict.fromkeys(runs, 1)
    assert parse_counts(("hdfs=2",), alone)["hdfs"] == 2


def test_no_more_workers_than_have_something_to_do() -> None:
    assert parse_counts(("mysql=4", "forwarder=0"), Settings())["mysql"] == 4
    for given, why in (
        ("mysql=5", "more than topics.lanes, 4, have nothing to do"),
        ("forwarder=2", "forwarder.source is read by one forwarder"),
        ("intake=2", "intake.port is that of one worker"),
    ):
        result = CliRunner().invoke(main, ["up", "--workers", given])
        assert (result.exit_code, why in result.output) == (2, True)


@pytest.mark.parametrize(
    ("role", "in_use", "port"),
    [("mysql", 0, 6068), ("mysql", 1, 6074), ("mysql", 3, 6086), ("forwarder", 0, 6070)],
)
def test_a_further_worker_takes_the_next_port(
    monkeypatch: pytest.MonkeyPatch, role: str, in_use: int, port: int
) -> None:
    ports = {web_port(Settings(), role, n) for n in range(in_use)}
    monkeypatch.setattr(worker, "taken", lambda _, port: "in use" * (port in ports))
    assert worker.next_port(Settings(), role) == port


@pytest.mark.parametrize(("role", "says"), [("mysql", "topics.lanes, 4,"), ("forwarder", "one ")])
def test_more_workers_than_have_something_to_do_are_refused_by_what_runs(
    monkeypatch: pytest.MonkeyPatch, role: str, says: str
) -> None:
    running = [WorkerState(role, pid, 0, "") for pid in (7, 8)]
    monkeypatch.setattr(worker, "taken", lambda *_: "address already in use")
    monkeypatch.setattr(worker, "alive", lambda _: running)
    with pytest.raises(SettingsError, match=rf"\(pid 7, 8\); more than {says}"):
        worker.next_port(Settings(), role)
    running.clear()
    with pytest.raises(SettingsError, match=r"address already in use: set web\.port"):
        worker.next_port(Settings(), role)
