"""Lines by their positions: what all sources of raw lines have in common.

A position is a byte of all that a source has ever given. Positions may have gaps; a line ends at
its newline, or where a gap begins.
"""

from __future__ import annotations

import logging
from typing import NamedTuple, Protocol

log = logging.getLogger(__name__)

#: A longer line is cut to this: the processor refuses it anyway, and no source holds it in memory.
LONGEST_LINE = 1_500_000


class Located(NamedTuple):
    """A line without its newline, and the position of its first byte."""

    position: int
    line: bytes


class Reading(NamedTuple):
    """Lines that were read, and where to go on."""

    lines: list[Located]
    position: int
    #: Whether `position` is inside a line that was cut: what is left of it is no line.
    inside: bool = False


class Stretch(NamedTuple):
    """Bytes without a gap; `over` tells that no more will follow the last of them."""

    start: int
    data: bytes
    over: bool


class Bytes(Protocol):
    """Where bytes are found by position."""

    def stretch(self, position: int, size: int) -> Stretch:
        """Return up to `size` bytes from a position on, or from the end of the gap that it is in.

        They are fewer only if there are no more before the next gap.
        """


def read_lines(source: Bytes, position: int, inside: bool, size: int) -> Reading:
    """Read the lines of about `size` bytes; at least one that is whole, however long it is.

    Where there are bytes of which something can be said, the position that is returned is a later
    one.
    """
    start, data, over = source.stretch(position, size)
    if inside and start == position:
        return _skip(start, data, over)
    if len(data) >= size and b"\n" not in data:
        start, data, over = source.stretch(position, LONGEST_LINE + 1)
        if len(data) > LONGEST_LINE and b"\n" not in data:
            log.warning("A line of more than %d bytes is cut to these", LONGEST_LINE)
            line = Located(start, data[:LONGEST_LINE])
            return Reading([line], start + len(data), not over)
    return Reading(*split(data, start, over))


def _skip(start: int, data: bytes, over: bool) -> Reading:
    end = data.find(b"\n") + 1
    return Reading([], start + (end or len(data)), not (end or over))


def split(data: bytes, position: int, over: bool) -> tuple[list[Located], int]:
    """Split data that begins at a position into lines; the next position is after the last one.

    What has no newline yet is a line only if no more follows. Lines of nothing but white space are
    left out, as EventLogging's readers left them out.
    """
    *whole, rest = data.split(b"\n")
    lines = []
    for line in whole:
        if line.strip():
            lines.append(Located(position, line.removesuffix(b"\r")))
        position += len(line) + 1
    if rest and over:
        if rest.strip():
            lines.append(Located(position, rest.removesuffix(b"\r")))
        position += len(rest)
    return lines, position
