"""Servers that are a few lines of Python, so that no test here needs Java."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from elfaust.devstack.server import Server

LISTEN = """
import signal, socket, sys
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
signal.sigwait([])
"""

ServerFactory = Callable[..., Server]


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def make_server(tmp_path: Path, port: int) -> Iterator[ServerFactory]:
    """A factory of servers that run a Python program; all are stopped after the test."""
    made: list[Server] = []

    def make(program: str = LISTEN, name: str = "dummy", port: int = port) -> Server:
        def probe() -> None:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()

        def command() -> list[str]:
            return [sys.executable, "-c", program, str(port)]

        made.append(Server(name, tmp_path, command, (port,), probe))
        return made[-1]

    yield make
    for server in made:
        server.stop(1)
