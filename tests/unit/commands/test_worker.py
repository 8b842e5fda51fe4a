"""elfaust worker: a port that it cannot have is told before anything starts."""

from __future__ import annotations

import socket

import pytest
from click.testing import CliRunner

from elfaust.commands import main


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
    assert f"port {port} is in use: set web.port" in result.output
