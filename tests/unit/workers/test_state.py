"""What workers say of themselves, and which of them are alive."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest

from elfaust.processes import cpu_seconds, process_start
from elfaust.roles import ROLES
from elfaust.settings import Settings
from elfaust.workers.state import alive, announce, web_port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    base = Settings()
    return dataclasses.replace(base, workers=dataclasses.replace(base.workers, state=str(tmp_path)))


def test_a_worker_that_runs_is_listed(settings: Settings) -> None:
    announce(settings, "mysql", 6068)
    announce(settings, "mysql", 6068, ready=True)
    [worker] = alive(settings)
    assert (worker.role, worker.pid) == ("mysql", os.getpid())
    assert worker.web == "http://127.0.0.1:6068/"
    assert worker.ready > 0


def test_a_pid_that_is_somebody_elses_now_is_not_our_worker(
    settings: Settings, tmp_path: Path
) -> None:
    file = announce(settings, "hdfs", 6069)
    state = json.loads(file.read_text())
    file.write_text(json.dumps({**state, "started": state["started"] - 1}))
    assert alive(settings) == []
    assert list(tmp_path.iterdir()) == []


def test_a_dead_worker_is_none_whatever_its_file_says_of_its_start(
    settings: Settings, tmp_path: Path
) -> None:
    state = {"role": "hdfs", "pid": 2**31, "started": 0, "web": "http://127.0.0.1:1/"}
    (tmp_path / "hdfs-1.json").write_text(json.dumps(state))
    assert alive(settings) == []


def test_a_dead_workers_file_that_cannot_be_removed_is_left(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    state = {"role": "hdfs", "pid": 2**31, "started": 7, "web": "http://127.0.0.1:1/"}
    (tmp_path / "hdfs-1.json").write_text(json.dumps(state))
    monkeypatch.setattr(Path, "unlink", refuse)
    assert alive(settings) == []


def test_a_state_folder_that_takes_nothing_keeps_no_worker_from_working(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    nowhere = dataclasses.replace(settings.workers, state=str(tmp_path / "file"))
    announce(dataclasses.replace(settings, workers=nowhere), "mysql", 6068)
    assert "elfaust status does not show this worker" in caplog.text


def test_what_is_no_workers_state_is_passed_over(settings: Settings, tmp_path: Path) -> None:
    mine = json.loads(announce(settings, "mysql", 6068).read_bytes())
    odd: tuple[dict[str, object], ...] = (
        {"role": ["hdfs"]},
        {"role": {}},
        {"pid": True},
        {"web": None},
        {"ready": "x"},
        {"a": 1},
    )
    bodies = (
        *(b"", b"\xff", b"[" * 100_000, b"{}", b'{"role":"x","pid":"1","started":0,"web":""}'),
        *(json.dumps({**mine, "role": "hdfs", **one}).encode() for one in odd),
        json.dumps({**mine, "role": "hdfs"}).encode() + b" " * 20_000,
    )
    for number, body in enumerate(bodies):
        (tmp_path / f"hdfs-{number}.json").write_bytes(body)
    # A pipe waits for who writes to it.
    os.mkfifo(tmp_path / "hdfs-pipe.json")
    assert [worker.role for worker in alive(settings)] == ["mysql"]


def test_a_process_that_is_not_there_has_no_start_and_no_cpu() -> None:
    assert process_start(2**22 + 1) == 0
    assert cpu_seconds(2**22 + 1) == 0.0
    assert cpu_seconds(os.getpid()) > 0


def test_each_worker_has_a_web_port_of_its_own() -> None:
    roles = ("throughput", "processor", "mysql", "hdfs", "forwarder", "view")
    ports = [web_port(Settings(), role, n) for role in roles for n in range(3)]
    assert len(set(ports)) == 18
    assert web_port(Settings(), "throughput") == Settings().web.port


def test_roles_behind_one_that_is_off_have_ports_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("mine", "yours"):
        monkeypatch.setitem(ROLES, name, ROLES["lines"]._replace(name=name))
    settings = Settings()
    object.__setattr__(settings.processor, "stores", "mysql hdfs yours")
    roles = [role for role in ROLES if role not in ("lines", "mine", "intake", "hive")]
    ports = [web_port(settings, role, n) for role in roles for n in range(3)]
    assert len(set(ports)) == len(ports) == 21
