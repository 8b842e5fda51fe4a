"""Every command with every option of its output, on a stack with data and with servers away.

Never a traceback, and the exit code that docs/reference.md has.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from elfaust.commands import main
from elfaust.devstack.stack import Stack
from elfaust.settings import Settings, as_environ
from elfaust.trial.job import landed, send
from tests.exit_codes import exit_codes
from tests.integration.running import working

LINES = 40
#: Nobody listens there.
NOWHERE = 1
#: A SELECT without a space: lines are split at spaces.
QUESTION = 'SELECT*FROM"savetiming"'
#: Commands whose JSON is an object a line.
LISTS = ("validate", "tail", "query")
#: Command lines by command; `{out}` is a folder, `{lines}` a file of lines. Each flag of a command
#: is in one of its lines.
RUNS: dict[str, list[str]] = {
    "status": ["", "--json", "--all"],
    "lag": ["", "--json", "--until-zero --timeout 20s", "--role mysql --json"],
    "errors": ["", "--json", "--since 1h --schema SaveTiming"],
    "tail": [
        "--since 1h --lines 3",
        "--since 1h --no-follow --errors --json",
        "--since 1h --no-follow --valid --schema SaveTiming --json",
        "--since 1h --lines 3 --raw",
        "--since 1h --lines 3 --raw --json",
    ],
    "account": ["", "--json", "--all"],
    "audit": ["", "--json"],
    "doctor": ["", "--json"],
    "check": ["", "--json"],
    "dashboards": ["prometheus --out {out}", "grafana --out {out}"],
    "validate": ["{lines}", "--json {lines}"],
    "schema init": [""],
    "schema list": ["", "--json", "Nowhere"],
    "schema show": ["SaveTiming", "SaveTiming 1", "Nowhere"],
    "schema ddl": ["SaveTiming 18481943", "Nowhere 1"],
    "schema lint": ["", "--json", "Nowhere --json"],
    "schema diff": ["SaveTiming 18481943 18481943 --json", "SaveTiming 18481943 2"],
    "query": [f"{form}{QUESTION}" for form in ("", "--json ", "--csv ")],
    "tables": ["", "--json", "SaveTiming", "Nowhere"],
    "freshness": ["", "--json", "Nowhere"],
    "hive ddl": ["", "SaveTiming", "SaveTiming 18481943", "Nowhere"],
    "stack status": ["", "--json"],
    "stack env": [""],
    "stack logs": ["kafka"],
    "config init": [""],
    "config show": ["", "--json", "--markdown"],
    "completion": ["bash", "zsh", "fish"],
}
#: They start or stop servers, send events, run until they are stopped, or ask Hive; other tests
#: have them.
OTHERS = {"dev", "load", "send", "run", "up", "worker", "bench", "hive sync", "hive status"} | {
    f"stack {what}" for what in ("up", "down", "destroy")
}
#: It runs until Ctrl-C.
ENDLESS = {"--watch"}
Moved = Callable[[Settings], Settings]
#: Settings by which a server is away.
AWAY: dict[str, Moved] = {
    "Kafka": lambda s: replace(s, kafka=replace(s.kafka, bootstrap=f"127.0.0.1:{NOWHERE}")),
    "MySQL": lambda s: replace(s, mysql=replace(s.mysql, port=NOWHERE)),
    "HDFS": lambda s: replace(s, hdfs=replace(s.hdfs, url=f"http://127.0.0.1:{NOWHERE}")),
    "schema wiki": lambda s: replace(
        s,
        schemas=replace(
            s.schemas, wiki_url=f"http://127.0.0.1:{NOWHERE}/api.php", wiki_timeout=0.5
        ),
    ),
}
#: The servers of the stack, and of which of the table each is.
SERVERS = {"kafka": "Kafka", "mariadb": "MySQL", "namenode": "HDFS", "datanode": "HDFS"}


def leaves(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from leaves(inner, f"{path} {name}".strip())


def test_every_command_and_every_flag_is_run() -> None:
    found = dict(leaves(main))
    assert set(RUNS) == set(found) - OTHERS
    for path in RUNS:
        flags = {
            parameter.opts[0]
            for parameter in found[path].params
            if isinstance(parameter, click.Option) and parameter.is_flag
        }
        assert flags - ENDLESS <= set(" ".join(RUNS[path]).split()), path


class Ran:
    """Runs command lines in a folder, and keeps how each ended where no server was away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines = folder / "lines"
        self._lines.write_text("not a line\n{}\n")
        self._usual: dict[str, int] = {}
        self._away = {row.command: row.away for row in exit_codes()}

    def all(self, settings: Settings, away: str = "", only: set[str] | None = None) -> None:
        """Run all command lines, or those of some commands, with a server away."""
        for command, lines in RUNS.items():
            for line in lines if only is None or command in only else ():
                self._check(command, line, self.run(f"{command} {line}", settings), away)

    def run(self, line: str, settings: Settings) -> Result:
        """Run a command line as a shell would."""
        out = self._folder / f"out{time.monotonic_ns()}"
        out.mkdir()
        before = Path.cwd()
        os.chdir(out)
        try:
            args = line.format(out=out / "files", lines=self._lines).split()
            return CliRunner().invoke(main, args, env=as_environ(settings))
        finally:
            os.chdir(before)

    def _check(self, command: str, line: str, result: Result, away: str) -> None:
        said = f"elfaust {command} {line} without {away}: {result.output}"
        assert result.exception is None or isinstance(result.exception, SystemExit), said
        assert "Traceback" not in result.output, said
        usual = self._usual.setdefault(f"{command} {line}", result.exit_code)
        if away in self._away[command]:
            expected = {3, usual} if away == "schema wiki" else {3}
        else:
            expected = {usual} | ({1} if away and command in ("doctor", "stack status") else set())
        assert result.exit_code in expected, said
        if result.exit_code == 3 and command != "check":
            assert "is not available" in result.stderr, said
            assert len(result.stderr.splitlines()) == 1, said
        if "--json" in line.split() and (result.stdout or not result.exit_code):
            for one in result.stdout.splitlines() if command in LISTS else [result.stdout]:
                json.loads(one)


@pytest.fixture
def with_data(quick: Settings) -> Settings:
    """Settings under which lines have landed; no worker runs."""
    # Commands are called where there is no folder `schemas`.
    settings = replace(
        quick, schemas=replace(quick.schemas, folder=str(Path(quick.schemas.folder).resolve()))
    )
    with working(settings, forwarder=0):
        asyncio.run(send(settings, LINES))
        asyncio.run(landed(settings, LINES, timeout=90.0))
    return settings


@contextmanager
def stopped(stack: Stack, server: str) -> Iterator[None]:
    stack.server(server).stop()
    try:
        yield
    finally:
        stack.server(server).start()
        stack.server(server).wait_ready(120)
        # A NameNode that begins is in safe mode until its DataNode has reported.
        stack.server("datanode").wait_ready(120)


def test_every_command_ends_as_it_should_whatever_is_away(
    with_data: Settings, stack: Stack, tmp_path: Path
) -> None:
    ran = Ran(tmp_path)
    ran.all(with_data)
    for server, moved in AWAY.items():
        asks = {row.command for row in exit_codes() if server in row.away} | {"doctor"}
        ran.all(moved(with_data), server, asks)
    reads = {"account", "audit", "doctor"}
    with stopped(stack, "datanode"):
        ran.all(with_data, "HDFS", reads)
        named = ran.run("audit --json", with_data).stderr
    assert f"DataNode 127.0.0.1:{with_data.stack.datanode_http_port}" in named


def test_nothing_but_the_error_is_on_stderr(fresh: Settings) -> None:
    settings = AWAY["Kafka"](fresh)
    command = [sys.executable, "-m", "elfaust", "lag", "--json"]
    environ = os.environ | as_environ(settings)
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("Error: Kafka 127.0.0.1:1 is not available")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("server", SERVERS)
def test_servers_that_are_stopped(
    with_data: Settings, stack: Stack, tmp_path: Path, server: str
) -> None:
    ran = Ran(tmp_path)
    ran.all(with_data)
    with stopped(stack, server):
        ran.all(with_data, SERVERS[server], set(RUNS) - {"lag", "stack status", "check"})


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("command", ["account", "audit"])
@pytest.mark.parametrize("server", SERVERS)
def test_a_server_that_goes_away_meanwhile(
    with_data: Settings, stack: Stack, server: str, command: str
) -> None:
    for delay in (0.6, 1.0, 1.5):
        reading = subprocess.Popen(
            [sys.executable, "-m", "elfaust", command, "--json"],
            env=os.environ | as_environ(with_data),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(delay)
        with stopped(stack, server):
            out, errors = reading.communicate(timeout=120)
        assert "Traceback" not in errors
        assert reading.returncode in (0, 1, 3), errors
        if reading.returncode == 3:
            assert len(errors.splitlines()) == 1, errors
        else:
            json.loads(out)
