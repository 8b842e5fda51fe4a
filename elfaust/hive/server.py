"""Statements for HiveServer2, each answer of which ends in time, with errors as ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from elfaust.errors import HiveRefuses, ServerAway
from elfaust.hive.client import installed, socket_to, words
from elfaust.settings.hive import Hive

#: Seconds between two questions whether a statement is done: at first, and after a while.
FIRST_PAUSE, LAST_PAUSE = 0.02, 0.5
#: Columns are called as they are, not `table.column`.
SESSION = {"hive.resultset.use.unique.column.names": "false"}


class Session:
    """A session. Its statements raise ServerAway, and HiveRefuses for one that cannot be run."""

    def __init__(self, connection: Any, server: str) -> None:
        self._connection = connection
        self._server = server

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return all rows of a statement, however long it takes while HiveServer2 answers."""
        states = installed("TCLIService.ttypes").TOperationState
        going = (states.INITIALIZED_STATE, states.PENDING_STATE, states.RUNNING_STATE)
        with translated(self._server):
            cursor = self._connection.cursor()
            cursor.execute(sql, async_=True)
            pause = FIRST_PAUSE
            while (status := cursor.poll()).operationState in going:
                time.sleep(pause)
                pause = min(LAST_PAUSE, 1.5 * pause)
            if status.operationState != states.FINISHED_STATE:
                raise HiveRefuses(self._server, words(status.errorMessage or "it has ended"))
            # What makes or alters something has none.
            rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
            return rows


@contextmanager
def session(hive: Hive) -> Iterator[Session]:
    """Yield a session; raises ServerAway where HiveServer2 does not answer."""
    server = f"HiveServer2 {hive.host}:{hive.port}"
    clients = installed("pyhive.hive")
    transport = transport_to(hive)
    with translated(server):
        connection = clients.Connection(
            thrift_transport=transport, username=hive.user, configuration=SESSION
        )
    try:
        yield Session(connection, server)
    except ServerAway:
        # The end of the session would be one more answer to wait for.
        transport.close()
        raise
    finally:
        # Where it hangs, nothing is lost with the session.
        with suppress(Exception):
            connection.close()


def transport_to(hive: Hive) -> Any:
    """Return what PyHive connects by, not open yet: with a time-out, which it lacks by itself."""
    plain = socket_to(hive.host, hive.port, hive.timeout)
    if hive.auth == "NOSASL":
        return installed("thrift.transport.TTransport").TBufferedTransport(plain)
    # Without LDAP nobody asks for the password, but it must not be empty.
    of = {"host": hive.host, "username": hive.user, "password": hive.password or "x"}
    clients = installed("pyhive.hive")
    return installed("thrift_sasl").TSaslClientTransport(
        lambda: clients.get_installed_sasl(sasl_auth="PLAIN", **of), "PLAIN", plain
    )


@contextmanager
def translated(server: str) -> Iterator[None]:
    """Turn what PyHive and Thrift raise into ServerAway and HiveRefuses."""
    thrift, pyhive = installed("thrift.Thrift"), installed("pyhive.exc")
    try:
        yield
    except pyhive.Error as error:
        status = getattr(error.args[0], "status", None) if error.args else None
        raise HiveRefuses(server, words(getattr(status, "errorMessage", None) or error)) from error
    except (thrift.TException, OSError, EOFError) as error:
        raise ServerAway(server, words(error)) from error
