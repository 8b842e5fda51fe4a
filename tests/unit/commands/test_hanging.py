"""Commands where Kafka hangs: something takes the connection, as a stopped process does."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from elfaust.commands import main


@pytest.fixture
def hanging() -> Iterator[str]:
    """An address that takes connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize(
    "line",
    [
        "status",
        "status --json",
        "lag",
        "lag --until-zero --timeout 0.2s",
        "lag --topic Edit --until-zero",
        "errors",
        "account --json",
        "audit",
    ],
)
def test_a_command_ends_in_the_time_of_a_request_and_names_kafka(line: str, hanging: str) -> None:
    environ = {"ELFAUST_KAFKA_BOOTSTRAP": hanging, "ELFAUST_KAFKA_REQUEST_TIMEOUT": "0.2"}
    began = time.monotonic()
    result = CliRunner().invoke(main, line.split(), env=environ)
    assert result.exit_code == 3, result.output
    assert result.stderr == f"Error: Kafka {hanging} is not available: no answer for 0.2 s\n"
    assert time.monotonic() - began < 10
