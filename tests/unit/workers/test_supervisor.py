"""The supervisor: what dies starts again, later and later; a stop is orderly."""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from pathlib import Path

import pytest

from elfaust.errors import SettingsError
from elfaust.settings import Settings
from elfaust.workers import starts
from elfaust.workers.supervisor import Supervisor


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    base = Settings()
    workers = dataclasses.replace(
        base.workers, state=str(tmp_path), backoff_seconds=0.01, backoff_max_seconds=0.02
    )
    return dataclasses.replace(base, workers=workers)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that takes the place of Python, and with it of the worker."""
    file = tmp_path / "program"
    monkeypatch.setattr("sys.executable", str(file))
    return file


def write(program: Path, script: str) -> None:
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def until_told(supervisor: Supervisor, words: str) -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for line in supervisor.tick():
            if words in line:
                return line
    raise AssertionError(f"never told {words!r}")


def test_what_dies_starts_again(settings: Settings, program: Path) -> None:
    write(program, "exec sleep 60")
    supervisor = Supervisor(settings, {"mysql": 1, "hdfs": 2})
    supervisor.start()
    before = supervisor.pids()
    assert {role: len(pids) for role, pids in before.items()} == {"mysql": 1, "hdfs": 2}
    os.kill(before["mysql"][0], signal.SIGKILL)
    assert "mysql ended by signal SIGKILL" in until_told(supervisor, "mysql")
    while "mysql" not in supervisor.pids():
        supervisor.tick()
    assert supervisor.pids()["mysql"] != before["mysql"]
    assert supervisor.pids()["hdfs"] == before["hdfs"]
    supervisor.stop()
    assert supervisor.pids() == {}


def test_restarts_come_later_and_later_up_to_the_longest_wait(
    settings: Settings, program: Path
) -> None:
    write(program, "exit 4")
    supervisor = Supervisor(settings, {"mysql": 1})
    supervisor.start()
    told = [until_told(supervisor, "exit code 4") for _ in range(3)]
    assert "in 0.0 s" in told[0]
    assert supervisor._children[0].backoff == 0.02
    supervisor.stop()


def test_a_worker_whose_server_was_away_is_no_crash(settings: Settings, program: Path) -> None:
    write(program, "echo Error: Kafka k:1 is not available: no broker answers; exit 3")
    supervisor = Supervisor(settings, {"mysql": 1})
    supervisor.start()
    told = [until_told(supervisor, "mysql") for _ in range(3)]
    assert all("no fault of its own: Kafka k:1 is not available" in line for line in told)
    [child] = supervisor._children
    assert child.backoff == 0.0
    # What it noted itself says more than the end of its log.
    starts.note(settings, "mysql", child.port)
    starts.note_away(settings, "mysql", child.port, "Kafka k:1 is not available: offsets")
    assert "is not available: offsets" in until_told(supervisor, "mysql")
    supervisor.stop()


def test_a_forwarder_that_has_sent_its_source_is_not_started_again(
    settings: Settings, program: Path, tmp_path: Path
) -> None:
    (tmp_path / "forwarder").mkdir()
    write(program, f"echo >> {tmp_path}/began; printf udp > {tmp_path}/forwarder/finished")
    supervisor = Supervisor(settings, {"forwarder": 1, "mysql": 1})
    supervisor.start()
    assert "has sent all of udp" in until_told(supervisor, "forwarder")
    # Others that end so are started again, and so is one that was stopped.
    until_told(supervisor, "mysql ended by exit code 0")
    supervisor.tick()
    assert "forwarder" not in supervisor.pids()
    assert supervisor.stop().get("forwarder-0") is None
    write(program, f"rm -f {tmp_path}/forwarder/finished")
    supervisor = Supervisor(settings, {"forwarder": 1})
    supervisor.start()
    until_told(supervisor, "forwarder ended by exit code 0; starts again")
    supervisor.stop()


def test_a_worker_that_does_not_end_is_killed(
    settings: Settings, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(program, "trap '' TERM; echo up > \"$0.up\"; while :; do sleep 0.05; done")
    monkeypatch.setattr("elfaust.workers.supervisor.KILL_SECONDS", 0.3)
    brisk = dataclasses.replace(settings.workers, drain_seconds=0.2)
    supervisor = Supervisor(dataclasses.replace(settings, workers=brisk), {"mysql": 1})
    supervisor.start()
    while not Path(f"{program}.up").exists():
        time.sleep(0.01)
    assert supervisor.stop() == {"mysql-0": -signal.SIGKILL}


def test_a_worker_gets_the_settings_and_a_port_of_its_own(
    settings: Settings, program: Path
) -> None:
    write(program, 'echo "$@" $ELFAUST_WORKERS_BACKOFF_SECONDS >> "$0.called"; exec sleep 60')
    supervisor = Supervisor(settings, {"mysql": 2})
    supervisor.start()
    called = Path(f"{program}.called")
    while not called.exists() or called.read_text().count("\n") < 2:
        time.sleep(0.01)
    supervisor.stop()
    assert sorted(called.read_text().splitlines()) == [
        f"-m elfaust worker mysql --web-port 6068 --supervisor {os.getpid()} 0.01",
        f"-m elfaust worker mysql --web-port 6074 --supervisor {os.getpid()} 0.01",
    ]


def test_a_worker_that_cannot_be_started_is_told_and_tried_again(
    settings: Settings, program: Path
) -> None:
    supervisor = Supervisor(settings, {"mysql": 1})
    supervisor.start()
    told = until_told(supervisor, "mysql did not start")
    assert "No such file" in told
    write(program, "exec sleep 60")
    while not supervisor.pids():
        supervisor.tick()
    supervisor.stop()


IN_USE = "echo 'Error: port 6068: address already in use' >&2; exit 2"


def test_a_worker_whose_settings_are_wrong_ends_all(settings: Settings, program: Path) -> None:
    write(program, IN_USE)
    supervisor = Supervisor(settings, {"mysql": 1})
    supervisor.start()
    with pytest.raises(SettingsError, match="mysql: port 6068: address already in use"):
        until_told(supervisor, "never")
    supervisor.stop()


def test_a_worker_that_did_start_before_says_why(settings: Settings, program: Path) -> None:
    write(program, "exit 4")
    supervisor = Supervisor(settings, {"mysql": 1})
    supervisor.start()
    until_told(supervisor, "exit code 4")
    write(program, IN_USE)
    told = until_told(supervisor, "mysql ended by exit code 2")
    assert "exit code 2, port 6068: address already in use; starts again" in told
    supervisor.stop()


def test_a_second_one_beside_it_is_refused_until_it_has_stopped(
    settings: Settings, program: Path, tmp_path: Path
) -> None:
    write(program, "exec sleep 60")
    first, second = Supervisor(settings, {"mysql": 1}), Supervisor(settings, {"mysql": 1})
    first.start()
    with pytest.raises(SettingsError) as refused:
        second.start()
    assert f"pid {os.getpid()} (`elfaust up` or `elfaust run`)" in str(refused.value)
    assert str(tmp_path) in str(refused.value)
    assert second.stop() == {}
    assert len(first.pids()["mysql"]) == 1
    first.stop()
    second.start()
    assert len(second.pids()["mysql"]) == 1
    second.stop()
