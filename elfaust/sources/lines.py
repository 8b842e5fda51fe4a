"""Bytes to lines by position: what all sources of raw lines have in common.

A position counts the bytes that a source has ever given. Positions may have gaps; a line ends at
its newline, or where a gap begins.
"""

from __future__ import annotations

import logging
from typing import NamedTuple, Protocol

log = logging.getLogger(__name__)

#: Bytes to which a longer line is cut. The processor refuses it anyway, and memory is bounded so.
LONGEST_LINE = 1_500_000


class Located(NamedTuple):
    """A line without its newline, and the position of its first byte."""

    position: int
    line: bytes


class Reading(NamedTuple):
    """Lines that were read, and the position where reading goes on."""

    lines: list[Located]
    position: int
    #: Whether `position` is inside a line that was cut. The rest of that line is skipped.
    inside: bool = False


class Stretch(NamedTuple):
    """Bytes without a gap; `over` says that nothing will ever follow the last of them."""

    start: int
    data: bytes
    over: bool


class Bytes(Protocol):
    """What bytes can be read from by position."""

    def stretch(self, position: int, size: int) -> Stretch:
        """Return up to `size` bytes from a position on, or from the end of the gap around it.

        They are fewer only if there are no more before the next gap.
        """


def read_lines(source: Bytes, position: int, inside: bool, size: int) -> Reading:
    """Read the lines of about `size` bytes, and at least one complete line, however long it is.

    Wherever a complete line, or a part of one to be skipped, is there, the position advances.
    """
    start, data, over = source.stretch(position, size)
    if inside and start == position:
        return _skip(start, data, over)
    if len(data) >= size and b"\n" not in data:
        start, data, over = source.stretch(position, LONGEST_LINE + 1)
        if len(data) > LONGEST_LINE and b"\n" not in data:
            log.warning("A line of more than %d bytes is cut to that length", LONGEST_LINE)
            line = Located(start, data[:LONGEST_LINE])
            return Reading([line], start + len(data), not over)
    return Reading(*split(data, start, over))


def _skip(start: int, data: bytes, over: bool) -> Reading:
    end = data.find(b"\n") + 1
    return Reading([], start + (end or len(data)), not (end or over))


def split(data: bytes, position: int, over: bool) -> tuple[list[Located], int]:
    """Split data that begins at a position into lines; return them and the position after the last.

    What has no newline is a line only if it is `over`. Lines of nothing but white space are left
    out, as EventLogging's readers leave them out.
    """
    *complete, rest = data.split(b"\n")
    lines = []
    for line in complete:
        if line.strip():
            lines.append(Located(position, line.removesuffix(b"\r")))
        position += len(line) + 1
    if rest and over:
        if rest.strip():
            lines.append(Located(position, rest.removesuffix(b"\r")))
        position += len(rest)
    return lines, position
