"""A connection to the metastore: the first address that answers, with a time-out."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

from elfaust.errors import ElfaustError, HiveRefuses, ServerAway
from elfaust.settings.hive import Hive

MISSING = "Hive needs packages that are not installed: pip install elfaust[hive]"


class Call(Protocol):
    """Calls the metastore."""

    def __call__(self, ask: Callable[[Any], Any], unless: str = "") -> Any:
        """Return what `ask` does of the generated client; None for the exception `unless`.

        Raises ServerAway where the metastore does not answer, and HiveRefuses for what it refuses.
        """


def generated() -> Any:
    """Return the module of the generated classes; raises ElfaustError where it is not installed."""
    return installed("pymetastore.hive_metastore.ttypes")


def installed(name: str) -> Any:
    """Return a module of Hive's clients; raises ElfaustError where they are not installed."""
    # Whoever uses no Hive needs none of the packages.
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ElfaustError(MISSING) from error


@contextmanager
def connected(hive: Hive) -> Iterator[Call]:
    """Yield what calls the metastore; raises ServerAway where none of its addresses answers."""
    service = installed("pymetastore.hive_metastore.ThriftHiveMetastore")
    protocol = installed("thrift.protocol.TBinaryProtocol")
    transport, address = _opened(hive)
    client = service.Client(protocol.TBinaryProtocolAccelerated(transport, fallback=True))
    server = f"Hive metastore {address}"

    def call(ask: Callable[[Any], Any], unless: str = "") -> Any:
        try:
            return ask(client)
        except Exception as error:
            if unless and type(error).__name__ == unless:
                return None
            raise _as_ours(error, server) from error

    try:
        yield call
    finally:
        transport.close()


def _opened(hive: Hive) -> tuple[Any, str]:
    """Return an open transport and its address."""
    transports = installed("thrift.transport.TTransport")
    said = "hive.metastore is empty"
    for address in filter(None, (part.strip() for part in hive.metastore.split(","))):
        url = urlsplit(address)
        socket = socket_to(url.hostname or "", url.port or 0, hive.timeout)
        transport = transports.TBufferedTransport(socket)
        try:
            transport.open()
        except transports.TTransportException as error:
            said = f"{address}: {words(error)}"
        else:
            return transport, address
    raise ServerAway(f"Hive metastore {hive.metastore}", said)


def socket_to(host: str, port: int, seconds: float) -> Any:
    """Return Thrift's socket, which fails where nothing comes for some seconds."""
    sockets = installed("thrift.transport.TSocket")
    # It logs an error for each connection that fails; whoever asks says so in our words.
    sockets.logger.setLevel(logging.CRITICAL)
    socket = sockets.TSocket(host, port)
    socket.setTimeout(seconds * 1000)
    return socket


def _as_ours(error: Exception, server: str) -> ElfaustError:
    """Return what an error of Thrift says in our words; raises it again where it is none."""
    thrift = installed("thrift.Thrift")
    transport = installed("thrift.transport.TTransport")
    protocol = installed("thrift.protocol.TProtocol")
    away = (transport.TTransportException, protocol.TProtocolException, OSError, EOFError)
    if isinstance(error, away):
        return ServerAway(server, words(error))
    if isinstance(error, thrift.TException):
        return HiveRefuses(server, words(error))
    raise error


def words(error: object) -> str:
    """Return the first line of what an error says: Java appends its traces."""
    message = str(getattr(error, "message", error) or "").strip()
    return (message or type(error).__name__).splitlines()[0][:500]


@contextmanager
def answering() -> Iterator[None]:
    """Raise ServerAway for a metastore that refuses what is about no table."""
    try:
        yield
    except HiveRefuses as refused:
        raise ServerAway(refused.server, refused.detail) from refused
