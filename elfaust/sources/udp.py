"""Lines that are received by UDP, one or more in a datagram."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from elfaust.settings import Forwarder
from elfaust.sources.base import Unspooled
from elfaust.sources.overflow import Overflow
from elfaust.sources.spool import Spool
from elfaust.sources.spooled import SpooledSource
from elfaust.sources.udp_socket import UdpSocket


class UdpSource(SpooledSource):
    """Spools each datagram as it is received.

    While the disk takes nothing, lines wait in memory, up to a bound. What exceeds the bound is
    counted and lost.
    """

    def __init__(self, settings: Forwarder, folder: Path) -> None:
        super().__init__("udp", Spool(folder / settings.spool / "udp"))
        self._address = settings.host, settings.port
        self._overflow = Overflow(self._spool, settings.memory_bytes)
        self._socket: UdpSocket | None = None
        self._over = False

    @property
    def ended(self) -> bool:
        """Whether it was stopped and nothing waits in memory."""
        return self._over and not self._overflow

    @property
    def trouble(self) -> str:
        """What waits in memory, and what was lost."""
        return self._overflow.trouble or (self._socket.trouble if self._socket else "")

    @property
    def lost(self) -> Mapping[str, int]:
        """How many datagrams the kernel has dropped, and how many neither disk nor memory took."""
        return {"kernel": self._socket.dropped if self._socket else 0, "spool": self._overflow.lost}

    def unsent(self, position: int) -> int:
        """Return how many bytes are behind a position of the spool, and in memory."""
        return super().unsent(position) + self._overflow.size

    async def open(self) -> None:
        """Receive datagrams from now on. Raises OSError when the address cannot be bound."""
        self._socket = await UdpSocket.open(*self._address, self._overflow.take)

    def look(self) -> None:
        """Spool what waits in memory, and log what the kernel has dropped."""
        self._overflow.settle()
        if self._socket:
            self._socket.look()

    def unspooled(self, size: int) -> Unspooled | None:
        """Return lines that the spool does not take."""
        return self._overflow.lines(size) if self._overflow else None

    def sent(self, unspooled: Unspooled) -> None:
        """Drop lines that were sent from memory."""
        self._overflow.drop(unspooled.pieces)

    def stop(self) -> None:
        """Receive no more. What was received is still forwarded."""
        self._over = True
        if self._socket:
            self._socket.close()

    def close(self) -> None:
        """Close the socket and the spool; spool what waits in memory, if the disk takes it."""
        self.stop()
        self._overflow.give_up()
        super().close()
