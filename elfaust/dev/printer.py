"""Lines for a terminal, which may take none: it holds up nobody, and nothing depends on it."""

from __future__ import annotations

import io
import logging
import os
import sys
import time
from contextlib import suppress
from queue import Full, Queue
from threading import Lock, Thread
from typing import IO, cast

import click

#: Texts that wait to be shown; of more the newest are not shown.
MOST_WAITING = 1_000
#: Seconds for which an end waits until all is shown, and until a terminal is tried again.
END_SECONDS, AGAIN_SECONDS = 1.0, 0.05
DROPPED = "{:,} more were not shown here, which took nothing"


class Printer:
    """Prints in a thread of its own."""

    def __init__(
        self, color: bool | None, most: int = MOST_WAITING, to: IO[str] | None = None
    ) -> None:
        """Print to stdout, or `to` another, with colours as click takes `color`."""
        self._color, self._to = color, _unbuffered(to or sys.stdout)
        self._waiting = Queue[str | None](most)
        self._dropped, self._counting = 0, Lock()
        self._thread = Thread(target=self._run, name="printer", daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        """Have a text printed, or counted where too many wait."""
        try:
            self._waiting.put_nowait(text)
        except Full:
            with self._counting:
                self._dropped += 1

    def close(self) -> None:
        """Return when all is printed, or nothing takes it."""
        with suppress(Full):
            self._waiting.put(None, timeout=END_SECONDS)
            self._thread.join(END_SECONDS)

    def _run(self) -> None:
        try:
            while (text := self._waiting.get()) is not None:
                self._print(text)
                if self._waiting.empty():
                    self._tell_dropped()
            self._tell_dropped()
        except (OSError, ValueError) as error:
            # Who reads no longer has no claim to end what is served.
            with suppress(OSError, ValueError):
                click.echo(f"nothing more is shown here: {error}", err=True)
            self._discard()

    def _tell_dropped(self) -> None:
        with self._counting:
            dropped, self._dropped = self._dropped, 0
        if dropped:
            self._print(DROPPED.format(dropped))

    def _print(self, text: str) -> None:
        click.echo(text, file=cast(IO[str] | None, self._to), color=self._color)

    def _discard(self) -> None:
        while self._waiting.get() is not None:
            pass


class Log(logging.Handler):
    """Has warnings printed among the lines: stderr may be the same terminal."""

    def __init__(self, printer: Printer) -> None:
        super().__init__(logging.WARNING)
        self._printer = printer

    def emit(self, record: logging.LogRecord) -> None:
        """Have a record printed."""
        self._printer.say(self.format(record))


class _Unbuffered(io.TextIOBase):
    """Writes without a lock: the interpreter cannot end while a thread has one."""

    def __init__(self, number: int, encoding: str) -> None:
        self._number, self._encoding = number, encoding

    def isatty(self) -> bool:
        return os.isatty(self._number)

    def write(self, text: str) -> int:
        data = text.encode(self._encoding, "backslashreplace")
        while data:
            try:
                data = data[os.write(self._number, data) :]
            except BlockingIOError:
                time.sleep(AGAIN_SECONDS)
        return len(text)


def _unbuffered(stream: object) -> io.TextIOBase | None:
    """Return another way to where a stream goes, None where it is no file."""
    if not isinstance(stream, io.TextIOWrapper) or not isinstance(stream.buffer, io.BufferedWriter):
        return None
    return _Unbuffered(stream.fileno(), stream.encoding)
