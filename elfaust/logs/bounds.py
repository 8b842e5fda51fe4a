"""At most one warning or error of a kind a second, with how many there were in between."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from threading import Timer
from time import monotonic
from typing import TextIO

#: Seconds between two of a kind.
SECONDS = 1.0
#: Kinds that are told apart; past that all are forgotten, and one too many is logged.
MAX_KINDS = 1_000
#: Of a message, characters that tell it from others.
MAX_WORDS = 300
#: Where something is put into a message.
PLACE = re.compile(r"%[-+ #0-9.]*[a-z]")
#: A logger, a level and words, without what is put into them.
Key = tuple[str, int, str]


@dataclass
class _Kind:
    #: When the last one was logged.
    at: float
    #: The last one since then that was not logged, and how many there were before that.
    last: logging.LogRecord | None = None
    more: int = 0


def in_time(seconds: float, call: Callable[[], None]) -> None:
    """Call something later, in a thread that does not keep the process."""
    timer = Timer(seconds, call)
    timer.daemon = True
    timer.start()


def _words(record: logging.LogRecord) -> str:
    """Return what a call says; all that it says where its words are but a place for others."""
    said = str(record.msg)
    return said if PLACE.sub("", said).strip() else record.getMessage()[:MAX_WORDS]


class Bounded(logging.StreamHandler[TextIO]):
    """Writes the first of a kind at once, and of those that follow within a second the last one.

    A kind is what one call of `logging` says.
    """

    def __init__(
        self,
        stream: TextIO,
        clock: Callable[[], float] = monotonic,
        later: Callable[[float, Callable[[], None]], None] = in_time,
    ) -> None:
        super().__init__(stream)
        self._clock = clock
        self._later = later
        self._kinds: dict[Key, _Kind] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or count it."""
        if record.levelno < logging.WARNING:
            super().emit(record)
            return
        now, key = self._clock(), (record.name, record.levelno, _words(record))
        kind = self._kinds.get(key)
        if kind is None or (now - kind.at >= SECONDS and kind.last is None):
            if len(self._kinds) >= MAX_KINDS:
                self.flush_kinds()
            self._kinds[key] = _Kind(now)
            super().emit(record)
        elif kind.last is not None:
            kind.last, kind.more = record, kind.more + 1
        else:
            kind.last = record
            self._later(SECONDS - (now - kind.at), lambda: self._tell(key))

    def _tell(self, key: Key) -> None:
        self.acquire()
        try:
            if (kind := self._kinds.get(key)) is not None:
                self._write(kind)
        finally:
            self.release()

    def _write(self, kind: _Kind) -> None:
        record = kind.last
        if record is None:
            return
        if kind.more:
            record.msg, record.args = f"{record.getMessage()} (and {kind.more} more like it)", None
        kind.at, kind.last, kind.more = self._clock(), None, 0
        super().emit(record)

    def flush_kinds(self) -> None:
        """Write what is left of all kinds, and forget them."""
        for kind in self._kinds.values():
            self._write(kind)
        self._kinds.clear()

    def close(self) -> None:
        """Write what was left out until now."""
        self.flush_kinds()
        super().close()
