"""A UDP socket, and how many of its datagrams the kernel has dropped before they were read."""

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

#: Bytes asked of the kernel, in which bursts wait while the event loop is busy.
SOCKET_BYTES = 8 * 1024 * 1024
#: Seconds between two looks at what was dropped.
LOOK_SECONDS = 1.0
#: Seconds for which `trouble` says that something was dropped.
TROUBLE_SECONDS = 60.0
_TABLES = (Path("/proc/net/udp"), Path("/proc/net/udp6"))
_INODE, _DROPS = 9, 12


class Datagrams(asyncio.DatagramProtocol):
    """Hands over each datagram before the next one is read."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Hand over what was received."""
        self._take(data)


class UdpSocket:
    """A UDP socket whose datagrams are handed over until it is closed."""

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        """Ask the kernel for room; it gives net.core.rmem_max at most."""
        opened: socket.socket = transport.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BYTES)
        self._room = opened.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        self._inode = os.fstat(opened.fileno()).st_ino
        self._transport = transport
        self._looked = self._rose = float("-inf")
        self._reported = 0

    @classmethod
    async def open(cls, host: str, port: int, take: Callable[[bytes], None]) -> UdpSocket:
        """Hand datagrams to `take` from now on. Raises OSError when the address cannot be bound."""
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Datagrams(take), local_addr=(host, port)
        )
        return cls(transport)

    @property
    def port(self) -> int:
        """The port that is bound."""
        return int(self._transport.get_extra_info("sockname")[1])

    @property
    def dropped(self) -> int:
        """How many datagrams the kernel has dropped so far."""
        return drops(self._inode)

    def look(self) -> None:
        """Log what the kernel has dropped, at most once in LOOK_SECONDS."""
        now = time.monotonic()
        if now < self._looked + LOOK_SECONDS:
            return
        self._looked = now
        dropped = self.dropped
        if dropped > self._reported:
            self._reported, self._rose = dropped, now
            log.error("%s", self.trouble)

    @property
    def trouble(self) -> str:
        """How many datagrams the kernel dropped; "" where it was none, or long ago."""
        if time.monotonic() > self._rose + TROUBLE_SECONDS:
            return ""
        return (
            f"{self._reported} datagrams are lost: they came faster than they were read, and the "
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
