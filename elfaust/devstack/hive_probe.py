"""Requests that say whether the metastore and HiveServer2 are ready.

The clients come with `pip install elfaust[hive]`: they are imported when they are asked for.
"""

from __future__ import annotations

import socket

from elfaust.devstack.server import NotReadyError
from elfaust.errors import StackError

#: Seconds that a server may take for an answer; the first query takes some.
ASK_SECONDS = 30
NOT_THERE = (OSError, NotReadyError)


def ask_metastore(host: str, port: int) -> None:
    """Ask for the names of databases. Raises NotReadyError where there is no answer."""
    _need()
    from pymetastore.hive_metastore import ThriftHiveMetastore
    from thrift.protocol.TBinaryProtocol import TBinaryProtocol
    from thrift.Thrift import TException
    from thrift.transport.TSocket import TSocket
    from thrift.transport.TTransport import TBufferedTransport

    _connect(host, port)
    thrift = TSocket(host, port)
    thrift.setTimeout(1000 * ASK_SECONDS)
    transport = TBufferedTransport(thrift)
    try:
        transport.open()
        ThriftHiveMetastore.Client(TBinaryProtocol(transport)).get_all_databases()
    except TException as error:
        raise NotReadyError(f"no answer ({error})") from error
    finally:
        transport.close()


def ask_server(host: str, port: int) -> None:
    """Have a statement run that asks the metastore. Raises NotReadyError where it does not."""
    _need()
    from pyhive import exc, hive
    from thrift.Thrift import TException
    from thrift.transport.TSocket import TSocket
    from thrift.transport.TTransport import TBufferedTransport

    _connect(host, port)
    thrift = TSocket(host, port)
    thrift.setTimeout(1000 * ASK_SECONDS)
    try:
        connection = hive.Connection(thrift_transport=TBufferedTransport(thrift))
        try:
            connection.cursor().execute("SHOW DATABASES")
        finally:
            connection.close()
    except (TException, exc.Error) as error:
        raise NotReadyError(f"no answer ({error})") from error


def _connect(host: str, port: int) -> None:
    # Thrift logs an error for each refused connection, which is normal while a server starts.
    socket.create_connection((host, port), ASK_SECONDS).close()


def _need() -> None:
    try:
        import pyhive  # noqa: F401
        import pymetastore  # noqa: F401
    except ImportError as error:
        raise StackError(
            f"Hive's clients are missing ({error}): pip install elfaust[hive]"
        ) from None
