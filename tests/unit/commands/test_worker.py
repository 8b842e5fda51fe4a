"""elfaust worker: a port that it cannot have is told before anything starts."""

from __future__ import annotations

import socket
from dataclasses import replace

import click
import pytest
from click.testing import CliRunner

from elfaust.commands import main
from elfaust.commands.up import parse_counts
from elfaust.errors import SettingsError
from elfaust.settings import Settings
from elfaust.supervisor import Supervisor
from elfaust.workers import web_port


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


def test_a_worker_for_which_there_is_no_port_is_named() -> None:
    settings = replace(Settings(), web=replace(Settings().web, port=65_535))
    assert web_port(settings, "throughput") == 65_535
    with pytest.raises(SettingsError, match=r"web.port 65535: worker 0 of mysql would have port"):
        web_port(settings, "mysql")
    with pytest.raises(SettingsError, match=r"web.port 6066: worker .* of mysql would have port"):
        Supervisor(Settings(), parse_counts(("mysql=99999999",)))


@pytest.mark.parametrize("given", ["mysql", "mysql=", "mysql=-1", "mysql=\u00b2", "none=1"])
def test_counts_that_are_none_are_refused(given: str) -> None:
    with pytest.raises(click.BadParameter, match="is not ROLE=N"):
        parse_counts((given,))
