"""Unexpected errors of libraries and of the system, as one line and an exit code.

No library is imported for this: a library that is not loaded has raised nothing.
"""

from __future__ import annotations

import errno
import os
import socket
import sys

import click

from elfaust.errors import ServerAway
from elfaust.words.printable import printable

#: Errors of the system: a machine cannot be reached, a disk is full.
UNREACHABLE = (errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH, errno.ENETDOWN)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: By module: the server that it talks to, and the error that says that this server is away.
AWAY = {
    "requests": ("an HTTP server", "ConnectionError"),
    "MySQLdb": ("MySQL", "OperationalError"),
}


def as_failure(error: Exception) -> click.ClickException | None:
    """Return an error as the command line shows it; None for one that needs its traceback."""
    if server := _away(error):
        away = ServerAway(server, _words(error))
        return _failure(str(away), away.exit_code)
    if not isinstance(error, OSError):
        return None
    if error.errno in FULL and not error.filename and _stdout_is_full():
        cure = "the output is cut off: make room on its disk, or write to another one"
        return _failure(f"stdout is full: {_words(error)}: {cure}", 1)
    return _failure(f"{error.filename or 'reading or writing'}: {_words(error)}", 1)


def _failure(line: str, code: int) -> click.ClickException:
    failure = click.ClickException(printable(" ".join(line.split())))
    failure.exit_code = code
    return failure


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error)


def _away(error: Exception) -> str:
    """Return the server that is away by an error, "" if the error does not say so."""
    for name, (server, kind) in AWAY.items():
        if name in sys.modules and isinstance(error, getattr(sys.modules[name], kind)):
            return server
    # Kafka's errors say whether another try may succeed.
    kafka = sys.modules.get("aiokafka.errors")
    if kafka is not None and isinstance(error, kafka.KafkaError):
        return "Kafka" if error.retriable else ""
    unreachable = isinstance(error, OSError) and error.errno in UNREACHABLE
    refused = isinstance(error, ConnectionError | TimeoutError | socket.gaierror)
    return "a server" if unreachable or refused else ""


def _stdout_is_full() -> bool:
    """Tell whether stdout takes no more bytes: the error of a write does not name its file."""
    try:
        os.write(sys.stdout.fileno(), b"\n")
    except OSError as error:
        return error.errno in FULL
    return False
