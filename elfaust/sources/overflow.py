"""Lines that were received and that the spool does not take, in memory up to a bound."""

from __future__ import annotations

import logging
import uuid
from collections import deque

from elfaust.quiet import OnceAMinute
from elfaust.sources.base import Located, split
from elfaust.sources.spool import Spool

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))


class Overflow:
    """Lines that the spool does not take, in memory: spooled later, or forwarded from here.

    What is forwarded from here is a source of its own, which ends with the process: nobody will
    ever send it again, for it is nowhere else.
    """

    def __init__(self, spool: Spool, most: int) -> None:
        self._spool = spool
        self._most = most
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._why = ""
        self.identity = uuid.uuid4().hex[:12]
        self._position = 0
        #: Lines that were received and are nowhere, and how many of them the log has told.
        self.lost = self._told = 0

    def __len__(self) -> int:
        return len(self._lines)

    def take(self, line: bytes) -> None:
        """Spool a line, or keep it here."""
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
        """Spool what is here, as far as the disk takes it; tell what it does not."""
        try:
            while self._lines:
                self._spool.append(self._lines[0])
                self._drop()
        except OSError as error:
            self._why = str(error)
            log.error("%s", self.told)
        if self.lost > self._told and not self._lines:
            self._told = self.lost
            log.error("%d lines that were received are lost in all", self.lost)

    def give_up(self) -> None:
        """Spool what is here for the next process, or tell that it is lost."""
        self.settle()
        if self._lines:
            log.error("%d lines that the spool does not take are lost", len(self._lines))

    @property
    def told(self) -> str:
        """What waits here and why, "" where nothing does."""
        if not self._lines:
            return ""
        return (
            f"the spool takes nothing ({self._why}): {len(self._lines)} lines of {self._bytes} "
            f"bytes wait in memory, {self.lost} lines are lost"
        )

    def straight(self, size: int) -> tuple[list[Located], int]:
        """Return about so many bytes of lines, with their positions here, and how many they are."""
        found, taken, position = list[Located](), 0, self._position
        for line in self._lines:
            if position - self._position >= size:
                break
            located, _ = split(line, position, True)
            found += located
            position += len(line) + 1
            taken += 1
        return found, taken

    def sent(self, count: int) -> None:
        """Drop the first lines: they are in Kafka."""
        for _ in range(count):
            self._position += len(self._drop()) + 1

    def _drop(self) -> bytes:
        line = self._lines.popleft()
        self._bytes -= len(line)
        return line
