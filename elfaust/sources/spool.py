"""The spool: files in which received lines wait for Kafka, and which outlive the process.

The files are segments, named by the position at which they start. A segment is removed when all of
it is in Kafka. When the disk is full in the middle of a write, that write is undone and the next
segment begins, so that the full one can be removed.
"""

from __future__ import annotations

import io
import logging
import os
import re
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from elfaust.sources.checkpoint import IDENTITY
from elfaust.sources.lines import Reading, Stretch, read_lines

log = logging.getLogger(__name__)

SEGMENT_BYTES = 16_000_000
NAME = re.compile(r"[0-9]{20}\.lines")


@dataclass
class _Segment:
    file: Path
    base: int
    size: int

    @property
    def end(self) -> int:
        return self.base + self.size


class Spool:
    """Lines appended by one process and read back by it or the next."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._tail: io.FileIO | None = None
        #: Whether the last segment takes no more because the disk was full.
        self._full = False
        #: Files and folders that were written to and are not known to outlast a loss of power.
        self._unsynced = set[Path]()
        #: Whether nothing more will be appended.
        self.ended = False
        #: A spool whose folder was removed gets another identity, for its positions begin again.
        self.identity = _identity(folder)
        self._segments = _segments(folder)
        #: The position of the next byte that is appended.
        self.end = self._segments[-1].end if self._segments else 0
        if self._segments and _is_torn(self._segments[-1]):
            # A process killed in the middle of a write leaves part of a line: the gap ends it.
            self.end += 1

    def skip_to(self, position: int) -> None:
        """Use no position before this one again, even if its line is gone from the disk."""
        self.end = max(self.end, position)

    def append(self, line: bytes) -> None:
        """Append a line. When this returns, the line outlives this process.

        Raises OSError when the disk does not take it; then no part of it is kept.
        """
        self.append_piece(line if line.endswith(b"\n") else line + b"\n")

    def append_piece(self, data: bytes) -> None:
        """Append part of a stream of lines, cut anywhere. Raises OSError as `append` does."""
        last = self._segments[-1] if self._segments else None
        if self._tail is None or last is None or last.size >= SEGMENT_BYTES:
            self._tail, last = self._open_tail()
        written = 0
        try:
            while written < len(data):
                written += self._tail.write(data[written:])
        except OSError:
            self._undo(self._tail, last.size)
            raise
        last.size += len(data)
        self.end += len(data)
        self._unsynced.add(last.file)

    def syncing(self) -> Callable[[], None]:
        """Return what has all that was appended outlast a loss of power, for any thread to call.

        It takes as long as the disk does, and raises OSError when nobody knows what is on it.
        """
        files, self._unsynced = self._unsynced, set()
        return partial(sync, files)

    def _open_tail(self) -> tuple[io.FileIO, _Segment]:
        self.close()
        last = self._segments[-1] if self._segments else None
        room = last and last.size < (1 if self._full else SEGMENT_BYTES)
        if last is None or not room or last.end != self.end:
            last = _Segment(self._folder / f"{self.end:020d}.lines", self.end, 0)
        # Unbuffered: the kernel has what was written, even if this process is killed.
        tail = last.file.open("ab", buffering=0)
        try:
            # Part of a write that could not be undone would precede the next line.
            tail.truncate(last.size)
        except OSError:
            tail.close()
            raise
        self._full = False
        if last not in self._segments:
            self._segments.append(last)
            self._unsynced.add(self._folder)
        return tail, last

    def _undo(self, tail: io.FileIO, size: int) -> None:
        # If even this fails, the next segment's name says how much of this one is valid.
        with suppress(OSError):
            tail.truncate(size)
        with suppress(OSError):
            self.close()
        self._tail, self._full = None, True

    def close(self) -> None:
        """Close the segment that is appended to."""
        tail, self._tail = self._tail, None
        if tail is not None:
            tail.close()

    def read(self, position: int, inside: bool, size: int) -> Reading:
        """Read lines from a position on."""
        return read_lines(self, position, inside, size)

    def stretch(self, position: int, size: int) -> Stretch:
        """Return bytes of the segments; see `Bytes`."""
        later = [segment for segment in self._segments if segment.end > position]
        if not later:
            return Stretch(position, b"", False)
        start = end = max(position, later[0].base)
        data = b""
        while later and later[0].base <= end and len(data) < size:
            data += self._bytes(later[0], end, size - len(data))
            end = start + len(data)
            if end < later[0].end:
                break
            del later[0]
        follows = later[0].base if later else self.end
        return Stretch(start, data, follows > end if later or self.end > end else self.ended)

    def _bytes(self, segment: _Segment, start: int, size: int) -> bytes:
        wanted = min(size, segment.end - start)
        try:
            with segment.file.open("rb") as opened:
                opened.seek(start - segment.base)
                data = opened.read(wanted)
        except FileNotFoundError:
            data = b""
        if len(data) < wanted:
            log.error("%s was cut: %d bytes are lost", segment.file, wanted - len(data))
            segment.size = start + len(data) - segment.base
        return data

    def forget(self, position: int) -> None:
        """Remove the segments that end before a position, but not the last: its end is needed."""
        for segment in self._segments[:-1]:
            if segment.end <= position:
                segment.file.unlink(missing_ok=True)
                self._unsynced.discard(segment.file)
                self._segments.remove(segment)


def sync(files: Iterable[Path]) -> None:
    """Have files, and the names in folders, outlast a loss of power. Raises OSError.

    A file that is gone was forwarded meanwhile.
    """
    for file in files:
        with suppress(FileNotFoundError):
            opened = os.open(file, os.O_RDONLY)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)


def _identity(folder: Path) -> str:
    named = folder / "identity"
    given = named.read_bytes().decode("ascii", "replace") if named.is_file() else ""
    if not IDENTITY.fullmatch(given):
        given = uuid.uuid4().hex[:12]
        temporary = folder / "identity.tmp"
        temporary.write_text(given)
        temporary.replace(named)
    return given


def _segments(folder: Path) -> list[_Segment]:
    """Return the segments in a folder; other files in it are ignored."""
    files = sorted(
        file for file in folder.glob("*.lines") if NAME.fullmatch(file.name) and file.is_file()
    )
    segments = [_Segment(file, int(file.stem), file.stat().st_size) for file in files]
    for segment, following in pairwise(segments):
        # What exceeds the next segment's start is a write that was undone.
        segment.size = min(segment.size, following.base - segment.base)
    return segments


def _is_torn(segment: _Segment) -> bool:
    with segment.file.open("rb") as opened:
        opened.seek(max(0, segment.size - 1))
        return opened.read(1) not in (b"", b"\n")
