"""Received lines that the spool does not take: they wait in memory, up to a bound."""

from __future__ import annotations

import logging
import uuid
from collections import deque

from elfaust.quiet import OnceAMinute
from elfaust.sources.base import Unspooled
from elfaust.sources.lines import Located, split
from elfaust.sources.spool import Spool

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))


class Overflow:
    """Lines that the spool does not take: they are spooled later, or forwarded from memory.

    What is forwarded from memory is a source of its own, which ends with the process: these lines
    are nowhere else, so nobody can send them a second time.
    """

    def __init__(self, spool: Spool, most: int) -> None:
        self._spool = spool
        self._most = most
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._why = ""
        self.identity = uuid.uuid4().hex[:12]
        self._position = 0
        #: How many lines were received and are lost, and how many of these were logged.
        self.lost = self._logged = 0

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def size(self) -> int:
        """Bytes of the lines that wait in memory."""
        return self._bytes

    def take(self, line: bytes) -> None:
        """Spool a line, or keep it in memory."""
        if not self._lines:
            try:
                self._spool.append(line)
                return
            except OSError as error:
                self._why = str(error)
        if self._bytes + len(line) > self._most:
            self.lost += 1
        else:
            self._lines.append(line)
            self._bytes += len(line)

    def settle(self) -> None:
        """Spool what is in memory, as far as the disk takes it, and log what it does not take."""
        try:
            while self._lines:
                self._spool.append(self._lines[0])
                self._pop()
        except OSError as error:
            self._why = str(error)
            log.error("%s", self.trouble)
        if self.lost > self._logged and not self._lines:
            self._logged = self.lost
            log.error("%d lines that were received are lost in all", self.lost)

    def give_up(self) -> None:
        """Spool what is in memory for the next process, or count it as lost."""
        self.settle()
        if self._lines:
            log.error("%d lines that the spool does not take are lost", len(self._lines))
            self.lost += len(self._lines)
            self._lines.clear()
            self._bytes = 0

    @property
    def trouble(self) -> str:
        """What waits in memory, and why; "" where nothing does."""
        if not self._lines:
            return ""
        return (
            f"the spool takes nothing ({self._why}): {len(self._lines)} lines of {self._bytes} "
            f"bytes wait in memory, {self.lost} lines are lost"
        )

    def lines(self, size: int) -> Unspooled:
        """Return about `size` bytes of lines, oldest first."""
        found, pieces, position = list[Located](), 0, self._position
        for line in self._lines:
            if position - self._position >= size:
                break
            located, _ = split(line, position, True)
            found += located
            position += len(line) + 1
            pieces += 1
        return Unspooled(self.identity, found, pieces)

    def drop(self, pieces: int) -> None:
        """Drop the oldest datagrams: they are in Kafka."""
        for _ in range(pieces):
            self._position += len(self._pop()) + 1

    def _pop(self) -> bytes:
        line = self._lines.popleft()
        self._bytes -= len(line)
        return line
