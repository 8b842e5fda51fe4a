"""What libraries and the system raise: one line, and 3 where it is a server that is away."""

from __future__ import annotations

import errno
import socket
import sys
from pathlib import Path

import click
import MySQLdb
import pytest
import requests
from aiokafka.errors import InvalidTopicError, KafkaConnectionError
from click.testing import CliRunner

from elfaust.commands import main
from elfaust.commands.outside import as_failure


@pytest.mark.parametrize(
    ("error", "line", "code"),
    [
        (
            ConnectionRefusedError(111, "Connection refused"),
            "a server is not available: Connection refused",
            3,
        ),
        (TimeoutError("nothing in 5 s"), "a server is not available: nothing in 5 s", 3),
        (
            socket.gaierror(-2, "Name or service not known"),
            "a server is not available: Name or service not known",
            3,
        ),
        (
            OSError(errno.EHOSTUNREACH, "No route to host"),
            "a server is not available: No route to host",
            3,
        ),
        (
            requests.ConnectionError("refused\n by all"),
            "an HTTP server is not available: refused by all",
            3,
        ),
        (
            MySQLdb.OperationalError(2002, "Can't connect"),
            'MySQL is not available: (2002, "Can\'t connect")',
            3,
        ),
        (
            KafkaConnectionError("no broker"),
            "Kafka is not available: KafkaConnectionError: no broker",
            3,
        ),
        (FileNotFoundError(2, "No such file", "/a"), "/a: No such file", 1),
        (OSError(errno.EIO, "Input/output error"), "reading or writing: Input/output error", 1),
    ],
)
def test_it_is_one_line_and_a_code(
    error: Exception, line: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def command() -> None:
        raise error

    monkeypatch.setattr(main, "get_command", lambda *_: command)
    result = CliRunner().invoke(main, ["status"])
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith("Error: ")
    assert result.stderr.endswith(f"{line}\n")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("error", [ValueError("ours"), InvalidTopicError("a b"), KeyError(1)])
def test_what_is_ours_keeps_its_traceback(error: Exception) -> None:
    assert as_failure(error) is None


def test_a_disk_that_is_full_is_stdout_s_only_if_stdout_takes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    error = OSError(errno.ENOSPC, "so it is")
    lines = {}
    for name in ("/dev/full", str(tmp_path / "out")):
        with Path(name).open("w") as out:
            monkeypatch.setattr(sys, "stdout", out)
            failure = as_failure(error)
        assert failure is not None
        lines[name[:9]] = failure.message
    full, other = lines.values()
    assert full.startswith("stdout is full: so it is: the output is cut off")
    assert other == "reading or writing: so it is"
