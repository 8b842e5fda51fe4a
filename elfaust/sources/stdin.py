"""Lines that are read from standard input."""

from __future__ import annotations

import asyncio
import logging
import os
import select
import sys
from pathlib import Path

from elfaust.quiet import OnceAMinute
from elfaust.settings import Forwarder
from elfaust.sources.spool import Spool
from elfaust.sources.spooled import SpooledSource

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

PIECE_BYTES = 65_536
#: Seconds between two tries of a disk that takes nothing.
TRY_SECONDS = 0.2


class StdinSource(SpooledSource):
    """Spools what stdin has, one piece at a time.

    While the disk takes nothing, stdin is not read any further.
    """

    def __init__(self, settings: Forwarder, folder: Path) -> None:
        super().__init__("stdin", Spool(folder / settings.spool / "stdin"))
        #: A pipe whose end is closed to wake the thread that waits for stdin.
        self._closed, self._close = os.pipe()
        self._reading: asyncio.Task[None] | None = None
        self._trouble = ""

    @property
    def ended(self) -> bool:
        """Whether stdin has ended or was stopped, and all that was read is in the spool."""
        return self._reading is not None and self._reading.done()

    @property
    def trouble(self) -> str:
        """Why the piece in hand is not in the spool."""
        return self._trouble

    async def open(self) -> None:
        """Read stdin in a thread from now on."""
        self._reading = asyncio.create_task(self._read())

    def look(self) -> None:
        """Raise OSError if stdin could not be read."""
        if self._reading and self._reading.done():
            self._reading.result()

    def stop(self) -> None:
        """Read no further: what stdin still has stays in it."""
        if self._close >= 0:
            os.close(self._close)
            self._close = -1

    def close(self) -> None:
        """Stop to read, and close the spool."""
        self.stop()
        if self._reading:
            self._reading.cancel()
        super().close()

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while data := await loop.run_in_executor(None, self._piece):
                while not self._append(data):
                    await asyncio.sleep(TRY_SECONDS)
            self._spool.ended = data is not None
        finally:
            os.close(self._closed)

    def _piece(self) -> bytes | None:
        """Return what stdin has, b"" at its end, None after a stop."""
        stdin = sys.stdin.fileno()
        poll = select.poll()
        poll.register(stdin, select.POLLIN)
        poll.register(self._closed, select.POLLIN)
        ready = dict(poll.poll())
        if self._closed not in ready:
            return os.read(stdin, PIECE_BYTES)
        return None

    def _append(self, data: bytes) -> bool:
        try:
            self._spool.append_piece(data)
        except OSError as error:
            self._trouble = f"the spool takes nothing ({error}): stdin waits"
            log.error("%s", self._trouble)
            return False
        self._trouble = ""
        return True
