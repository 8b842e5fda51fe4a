"""Statements for HiveServer2: what it says becomes rows or our errors, in time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from pyhive import exc
from pyhive import hive as clients
from TCLIService.ttypes import TOperationState
from thrift.transport.TTransport import TTransportException

from elfaust.errors import HiveRefuses, ServerAway
from elfaust.hive import server
from elfaust.hive.server import session, transport_to
from elfaust.settings import Settings
from elfaust.settings.hive import Hive

HIVE = replace(Settings().hive, host="127.0.0.1")
REFUSED = SimpleNamespace(status=SimpleNamespace(errorMessage="no such table\n\tat org.apache"))


class Cursor:
    """A statement that runs for two looks, and has two rows."""

    def __init__(self, said: Any) -> None:
        self.said = said
        self.looks = 0
        self.description: Any = [("n", "INT_TYPE")]

    def execute(self, sql: str, async_: bool) -> None:
        assert async_
        if isinstance(self.said, Exception):
            raise self.said

    def poll(self) -> SimpleNamespace:
        self.looks += 1
        running = self.looks < 3
        state = TOperationState.RUNNING_STATE if running else self.said
        return SimpleNamespace(operationState=state, errorMessage="a file is cut short\n\tat java")

    def fetchall(self) -> list[tuple[int]]:
        return [(1,), (2,)]


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A connection, which notes how it was opened, and whether it was closed."""
    made = SimpleNamespace(said=TOperationState.FINISHED_STATE, closed=0, opened={})
    made.cursor = lambda: Cursor(made.said)

    def close() -> None:
        made.closed += 1
        raise TTransportException(message="it was closed before")

    def connect(**opened: Any) -> SimpleNamespace:
        made.opened = opened
        return made

    made.close = close
    monkeypatch.setattr(clients, "Connection", connect)
    monkeypatch.setattr(server, "FIRST_PAUSE", 0)
    return made


def test_rows_come_when_the_statement_is_done(connection: SimpleNamespace) -> None:
    with session(HIVE) as asked:
        assert asked.rows("SELECT n") == [(1,), (2,)]
        assert not connection.closed
    assert connection.closed == 1
    assert connection.opened["configuration"] == server.SESSION


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        (TOperationState.ERROR_STATE, HiveRefuses, "refuses: a file is cut short$"),
        (exc.OperationalError(REFUSED), HiveRefuses, "refuses: no such table$"),
        (exc.ProgrammingError(), HiveRefuses, "refuses: ProgrammingError"),
        (TTransportException(message="read timeout"), ServerAway, "read timeout"),
        (EOFError(), ServerAway, "127.0.0.1:10000"),
    ],
)
def test_what_it_says_is_an_error_of_ours(
    connection: SimpleNamespace, said: Any, error: type[Exception], words: str
) -> None:
    connection.said = said
    with pytest.raises(error, match=words), session(HIVE) as asked:
        asked.rows("SELECT n")
    assert connection.closed == 1


@pytest.fixture
def silent() -> Iterator[Hive]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield replace(HIVE, port=listening.getsockname()[1], timeout=0.2)


@pytest.mark.parametrize("auth", ["NOSASL", "NONE", "LDAP"])
def test_a_server_that_says_nothing_is_away_in_time(silent: Hive, auth: str) -> None:
    began = time.monotonic()
    with pytest.raises(ServerAway, match="HiveServer2"), session(replace(silent, auth=auth)):
        pass
    assert time.monotonic() - began < 10


def test_without_ldap_no_password_is_needed_and_with_it_the_user_s_is_sent() -> None:
    for auth, password, sent in (("NONE", "", b"x"), ("LDAP", "secret", b"secret")):
        hive = replace(HIVE, auth=auth, password=password, user="analyst")
        sasl = transport_to(hive).sasl_client_factory()
        assert sasl.start("PLAIN")[2].split(b"\0")[1:] == [b"analyst", sent]
