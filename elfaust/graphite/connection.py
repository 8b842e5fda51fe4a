"""A TCP connection that is only written to, and knows when the other side has ended it."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Self

#: Bytes that are written at once.
PIECE = 65_536


class Connection:
    """Made by `open`. What was written may be lost without a word: only `ended` tells."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout: float
    ) -> None:
        self._writer = writer
        self._timeout = timeout
        # The first write after the other side has closed succeeds: its end is looked for.
        self._end = asyncio.create_task(_until_end(reader), name="end of a connection")

    @classmethod
    async def open(cls, host: str, port: int, timeout: float) -> Self:
        """Connect; raises OSError, or TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(host, port)
        sock = writer.get_extra_info("socket")
        # A machine that is gone is noticed by what it does not acknowledge.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(timeout * 1000))
        return cls(reader, writer, timeout)

    @property
    def ended(self) -> bool:
        """Whether the other side has closed it."""
        return self._end.done()

    async def write(self, data: bytes) -> None:
        """Write; raises OSError, or TimeoutError when a piece takes longer than the time-out."""
        for start in range(0, len(data), PIECE):
            if self.ended:
                raise ConnectionResetError("the connection was closed")
            self._writer.write(data[start : start + PIECE])
            async with asyncio.timeout(self._timeout):
                await self._writer.drain()

    async def close(self) -> None:
        """Close it, without waiting for what is still to be written."""
        self._end.cancel()
        with suppress(asyncio.CancelledError):
            await self._end
        self._writer.transport.abort()
        with suppress(OSError):
            await self._writer.wait_closed()


async def _until_end(reader: asyncio.StreamReader) -> None:
    with suppress(OSError):
        while await reader.read(PIECE):
            pass
