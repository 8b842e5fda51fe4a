"""Where lines wait that were read but are not yet in Kafka: files that outlive the process.

A position is a byte of all that was ever spooled. Lines are in segments named by the position at
which they start; a segment goes when all of it is in Kafka.
"""

from __future__ import annotations

import io
import uuid
from pathlib import Path
from typing import NamedTuple, Protocol

SEGMENT_BYTES = 64_000_000


class Located(NamedTuple):
    """A line without its newline, and the position of its first byte."""

    position: int
    line: bytes


class Lines(Protocol):
    """Lines by position."""

    #: Whether there will be no more lines than there are.
    ended: bool

    def read(self, position: int, size: int) -> tuple[list[Located], int]:
        """Return the lines of about `size` bytes from a position on, and the next position."""

    def forget(self, position: int) -> None:
        """Forget what stands before a position."""


def split(data: bytes, position: int, last: bool) -> tuple[list[Located], int]:
    """Split data that begins at a position into lines; the next position is after the last one.

    What has no newline yet is a line only if it is the `last` of its source. Lines of nothing but
    white space are left out, as EventLogging's readers left them out.
    """
    *whole, rest = data.split(b"\n")
    lines = []
    for line in whole:
        if line.strip():
            lines.append(Located(position, line.removesuffix(b"\r")))
        position += len(line) + 1
    if rest and last:
        if rest.strip():
            lines.append(Located(position, rest.removesuffix(b"\r")))
        position += len(rest)
    return lines, position


def read_lines(
    file: Path, start: int, size: int, base: int, last: bool
) -> tuple[list[Located], int]:
    """Read lines of a file whose first byte has position `base`, from position `start` on.

    At least one line is read, however long it is.
    """
    with file.open("rb") as opened:
        opened.seek(start - base)
        data = opened.read(size)
        if not data.endswith(b"\n"):
            data += opened.readline()
    return split(data, start, last)


class FileLines:
    """The lines of a file that grows or not."""

    def __init__(self, path: Path, follow: bool) -> None:
        self._path = path
        self.ended = not follow

    def read(self, position: int, size: int) -> tuple[list[Located], int]:
        """Read from the file."""
        return read_lines(self._path, position, size, 0, self.ended)

    def forget(self, position: int) -> None:
        """Leave the file as it is: it is somebody else's."""


class Spool:
    """Lines appended by one process and read back by it or the next."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._tail: io.FileIO | None = None
        self._mid_line = False
        #: Whether nothing more will be appended.
        self.ended = False
        self._end_torn_line()
        named = folder / "identity"
        if not named.exists():
            named.write_text(uuid.uuid4().hex[:12])
        #: A spool that was wiped is another one, whose positions begin again.
        self.identity = named.read_text()

    def _segments(self) -> list[Path]:
        return sorted(self._folder.glob("*.lines"))

    def _end_torn_line(self) -> None:
        # A process killed in the middle of a write leaves part of a line: it ends there.
        segments = self._segments()
        if segments and (data := segments[-1].read_bytes()) and not data.endswith(b"\n"):
            with segments[-1].open("ab") as file:
                file.write(b"\n")

    @property
    def end(self) -> int:
        """The position after the last line."""
        segments = self._segments()
        return int(segments[-1].stem) + segments[-1].stat().st_size if segments else 0

    def append(self, line: bytes) -> None:
        """Append a line; it outlives this process when this returns."""
        self.append_piece(line if line.endswith(b"\n") else line + b"\n")

    def append_piece(self, data: bytes) -> None:
        """Append part of a stream of lines, wherever it was cut."""
        if self._tail is None or (not self._mid_line and self._tail.tell() >= SEGMENT_BYTES):
            self._open_tail()
        assert self._tail is not None
        written = 0
        while written < len(data):
            written += self._tail.write(data[written:])
        self._mid_line = not data.endswith(b"\n")

    def _open_tail(self) -> None:
        if self._tail is not None:
            self._tail.close()
        segments = self._segments()
        if segments and segments[-1].stat().st_size < SEGMENT_BYTES:
            file = segments[-1]
        else:
            file = self._folder / f"{self.end:020d}.lines"
        # Unbuffered: what is written is the kernel's, whatever becomes of this process.
        self._tail = file.open("ab", buffering=0)

    def close(self) -> None:
        """Close the segment that is appended to."""
        if self._tail is not None:
            self._tail.close()
            self._tail = None

    def read(self, position: int, size: int) -> tuple[list[Located], int]:
        """Read from the segment that holds a position."""
        for segment in self._segments():
            base = int(segment.stem)
            if base <= position < base + segment.stat().st_size:
                return read_lines(segment, position, size, base, self.ended)
        return [], position

    def forget(self, position: int) -> None:
        """Remove the segments that end before a position, but the last: it says where we are."""
        for segment in self._segments()[:-1]:
            if int(segment.stem) + segment.stat().st_size <= position:
                segment.unlink()
