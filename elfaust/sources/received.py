"""What is received by UDP or stdin: spooled before it is read, whatever the disk does.

While the disk takes nothing, lines of UDP wait in memory, up to a bound, and what is more is
counted and lost; stdin is not read any further.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import sys
from pathlib import Path

from elfaust.quiet import OnceAMinute
from elfaust.settings import Forwarder
from elfaust.sources.base import Reading
from elfaust.sources.checkpoint import Checkpoint
from elfaust.sources.datagrams import Socket
from elfaust.sources.overflow import Overflow
from elfaust.sources.spool import Spool

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

PIECE_BYTES = 65_536
#: Seconds between two tries of a disk that takes nothing.
TRY_SECONDS = 0.2


class Stdin:
    """Spools what comes by stdin: nothing waits in this process, but for one piece."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._closed, self._close = os.pipe()
        #: Why the piece in hand waits, "" where none does.
        self.told = ""

    async def read(self) -> None:
        """Read until stdin ends, or until `stop`; what was read is in the spool then.

        Raises OSError when stdin cannot be read.
        """
        loop = asyncio.get_running_loop()
        try:
            while data := await loop.run_in_executor(None, self._piece):
                while not self._spooled(data):
                    await asyncio.sleep(TRY_SECONDS)
            self._spool.ended = data is not None
        finally:
            os.close(self._closed)

    def stop(self) -> None:
        """Read no further."""
        if self._close >= 0:
            os.close(self._close)
            self._close = -1

    def _piece(self) -> bytes | None:
        stdin = sys.stdin.fileno()
        poll = select.poll()
        poll.register(stdin, select.POLLIN)
        poll.register(self._closed, select.POLLIN)
        ready = dict(poll.poll())
        if self._closed not in ready:
            return os.read(stdin, PIECE_BYTES)
        return None

    def _spooled(self, data: bytes) -> bool:
        try:
            self._spool.append_piece(data)
        except OSError as error:
            self.told = f"the spool takes nothing ({error}): stdin waits"
            log.error("%s", self.told)
            return False
        self.told = ""
        return True


class Received:
    """What comes by UDP or stdin, as a source."""

    def __init__(self, settings: Forwarder, folder: Path, udp: bool) -> None:
        self._settings = settings
        self._spool = Spool(folder)
        self.overflow = Overflow(self._spool, settings.memory_bytes)
        self._stdin = None if udp else Stdin(self._spool)
        self._reading: asyncio.Task[None] | None = None
        self._socket: Socket | None = None

    @property
    def identity(self) -> str:
        """The identity of the spool."""
        return self._spool.identity

    @property
    def spooled(self) -> bool:
        """Whether the spool has ever had a line."""
        return self._spool.end > 0

    @property
    def ended(self) -> bool:
        """Whether all that there will be has been spooled."""
        return self._spool.ended

    @property
    def told(self) -> str:
        """What cannot be spooled, or was lost, and why; "" where all is well."""
        if self._stdin:
            return self._stdin.told
        return self.overflow.told or (self._socket.told if self._socket else "")

    @property
    def waits(self) -> bool:
        """Whether something that was received is not in the spool."""
        return bool(self.overflow) or not (self._reading is None or self._reading.done())

    def begin(self, known: Checkpoint | None) -> Checkpoint:
        """Return where to go on."""
        if known is None or known.identity != self._spool.identity:
            return Checkpoint(self._spool.identity)
        self._spool.skip_to(known.position)
        return known

    async def open(self) -> None:
        """Receive lines from now on."""
        if self._stdin:
            self._reading = asyncio.create_task(self._stdin.read())
        else:
            forwarder = self._settings
            self._socket = await Socket.open(forwarder.host, forwarder.port, self.overflow.take)

    def look(self) -> None:
        """Spool what waits in memory; raise what has ended the reading, if something has."""
        self.overflow.settle()
        if self._socket:
            self._socket.look()
        if self._reading and self._reading.done():
            self._reading.result()

    def stop(self) -> None:
        """Receive no more."""
        if self._stdin:
            self._stdin.stop()
        if self._socket:
            self._socket.close()

    def read(self, checkpoint: Checkpoint, size: int) -> Reading:
        """Read lines from a checkpoint's place on."""
        return self._spool.read(checkpoint.position, checkpoint.inside, size)

    def note(self, checkpoint: Checkpoint) -> None:
        """Leave a checkpoint as it is: the spool has an identity of its own."""

    def forget(self, position: int) -> None:
        """Forget what stands before a position."""
        self._spool.forget(position)

    def after(self, checkpoint: Checkpoint) -> None:
        """Nothing comes after a spool."""

    def close(self) -> None:
        """Keep nothing open, and what waits in memory if the disk takes it."""
        self.stop()
        if self._reading:
            self._reading.cancel()
        self.overflow.give_up()
        self._spool.close()
