from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from elfaust.commands.stack import command
from elfaust.devstack.server import StartError
from elfaust.devstack.stack import Stack
from elfaust.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(Settings(), stack=replace(Settings().stack, dir=str(tmp_path / "stack")))


def run(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, obj=settings)


def test_status_of_nothing_that_runs_fails(settings: Settings) -> None:
    result = run(settings, "status")
    assert result.exit_code == 1
    assert result.output.count("does not run") == 4


def test_status_as_json(settings: Settings) -> None:
    result = run(settings, "status", "--json")
    first = json.loads(result.output)["servers"][0]
    assert first == {"name": "kafka", "port": 9092, "pid": 0, "running": False}


def test_env_prints_one_assignment_a_line(settings: Settings) -> None:
    result = run(settings, "env")
    assert [line.partition("=")[0] for line in result.output.splitlines()] == [
        "KAFKA_BOOTSTRAP",
        "MYSQL_HOST",
        "MYSQL_PORT",
        "MYSQL_USER",
        "MYSQL_PASSWORD",
        "MYSQL_DATABASE",
        "WEBHDFS_URL",
        "WEB_URL",
        "INTAKE_URL",
    ]
    assert "WEB_URL=http://127.0.0.1:6066/throughput/" in result.output


def test_logs_prints_the_log(settings: Settings) -> None:
    assert run(settings, "logs", "kafka").output == ""
    log = Stack(settings).logs("kafka")
    log.parent.mkdir(parents=True)
    log.write_bytes(b"started \xff\n")
    assert run(settings, "logs", "kafka").output == "started \ufffd\n"


def test_up_that_fails_shows_the_end_of_the_log(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def up(_: Stack) -> None:
        raise StartError("kafka has ended", ["no space left"])

    monkeypatch.setattr(Stack, "up", up)
    result = run(settings, "up")
    assert isinstance(result.exception, StartError)
    assert "| no space left" in result.stderr


def test_up_names_the_ports(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Stack):
        def __init__(
            self, settings: Settings, report: Callable[[str], object], extras: tuple[str, ...]
        ) -> None:
            super().__init__(settings, extras=extras)
            self.report = report

        def up(self) -> None:
            self.report("kafka does not answer yet")

    monkeypatch.setattr("elfaust.commands.stack.Stack", Slow)
    result = run(settings, "up")
    assert result.exit_code == 0
    assert "kafka does not answer yet\n" in result.stderr
    assert "mariadb    port 3306" in result.stderr
    assert "graphite" not in result.stderr
    assert "graphite   port 8088" in run(settings, "up", "--with", "graphite").stderr


def test_a_stack_that_was_started_with_graphite_has_it(settings: Settings) -> None:
    assert "GRAPHITE_URL" not in run(settings, "env").output
    (Path(settings.stack.dir) / "graphite").mkdir(parents=True)
    env = run(settings, "env").output
    assert "GRAPHITE_URL=http://127.0.0.1:8088\nSTATSD_HOST=127.0.0.1\nSTATSD_PORT=8125\n" in env
    assert env.endswith("CARBON_HOST=127.0.0.1\nCARBON_PORT=2003\n")
    assert run(settings, "status").output.count("does not run") == 7


def test_down_and_destroy_of_nothing_do_nothing(settings: Settings) -> None:
    assert run(settings, "down").exit_code == 0
    assert run(settings, "destroy").exit_code == 0
    assert not Path(settings.stack.dir).exists()
