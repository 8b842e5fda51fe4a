"""Reading a spool to its end."""

from __future__ import annotations

from elfaust.sources.lines import Located, Reading
from elfaust.sources.spool import Spool


def read_all(spool: Spool, size: int = 100, place: Reading | None = None) -> Reading:
    place, found = place or Reading([], 0), list[Located]()
    while True:
        after = spool.read(place.position, place.inside, size)
        if after.position == place.position:
            return place._replace(lines=found)
        found, place = found + after.lines, after


def lines(spool: Spool, place: Reading | None = None) -> list[bytes]:
    return [line for _, line in read_all(spool, place=place).lines]
