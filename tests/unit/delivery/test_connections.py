"""A transport that uvloop has closed."""

from __future__ import annotations

import asyncio

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.admin import ApiVersionRequest

from elfaust.delivery.connections import closed_is_broken


async def send_on_a_closed_transport() -> None:
    """Send a request on a connection whose transport is closed."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        connection = AIOKafkaConnection(host, port)
        connection._reader, connection._writer = await asyncio.open_connection(host, port)
        connection._read_task = asyncio.create_task(asyncio.sleep(0))
        connection._writer.transport.abort()
        await connection._writer.wait_closed()
        await connection.send(ApiVersionRequest())


def test_a_connection_that_uvloop_has_closed_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AIOKafkaConnection, "send", AIOKafkaConnection.send)
    with pytest.raises(RuntimeError, match="the handler is closed"):
        uvloop.run(send_on_a_closed_transport())
    closed_is_broken()
    with pytest.raises(KafkaConnectionError, match="the handler is closed"):
        uvloop.run(send_on_a_closed_transport())
