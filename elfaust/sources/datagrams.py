"""Datagrams as they come, and how many the kernel has dropped before anybody could read them."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

from elfaust.quiet import OnceAMinute

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

#: Asked of the kernel: bursts wait there while the loop is busy.
SOCKET_BYTES = 8 * 1024 * 1024
#: Seconds between two looks at what was dropped.
LOOK_SECONDS = 1.0
#: Seconds for which it is told that something was dropped.
TELL_SECONDS = 60.0
_TABLES = (Path("/proc/net/udp"), Path("/proc/net/udp6"))
_INODE, _DROPS = 9, 12


class Datagrams(asyncio.DatagramProtocol):
    """Hands on each datagram before it looks at the next."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Keep what was received."""
        self._take(data)


class Socket:
    """A UDP socket whose datagrams are handed on until it is closed."""

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        """Ask the kernel for room, of which it gives net.core.rmem_max at most."""
        opened: socket.socket = transport.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BYTES)
        self._room = opened.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        self._inode = os.fstat(opened.fileno()).st_ino
        self._transport = transport
        self._looked = self._rose = float("-inf")
        self._dropped = 0

    @classmethod
    async def open(cls, host: str, port: int, take: Callable[[bytes], None]) -> Socket:
        """Have datagrams handed to `take` from now on; raises OSError as bind does."""
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Datagrams(take), local_addr=(host, port)
        )
        return cls(transport)

    def look(self) -> None:
        """Tell what the kernel has dropped, from time to time."""
        now = time.monotonic()
        if now < self._looked + LOOK_SECONDS:
            return
        self._looked = now
        dropped = drops(self._inode)
        if dropped > self._dropped:
            self._dropped, self._rose = dropped, now
            log.error("%s", self.told)

    @property
    def told(self) -> str:
        """How many datagrams the kernel dropped, "" where that was none, or long ago."""
        if time.monotonic() > self._rose + TELL_SECONDS:
            return ""
        return (
            f"{self._dropped} datagrams are lost: they came faster than they were read, and the "
            f"kernel keeps {self._room} bytes of them (net.core.rmem_max)"
        )

    def close(self) -> None:
        """Receive no more."""
        self._transport.close()


def drops(inode: int) -> int:
    """Return how many datagrams the kernel dropped of an open socket; 0 where it does not say."""
    for table in _TABLES:
        try:
            rows = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, rows):
            if fields[_INODE] == str(inode):
                return int(fields[_DROPS])
    return 0
