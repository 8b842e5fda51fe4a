"""Keys of the changelog: where in the counts a record belongs, and who wrote it.

    lane|topic|schema|revision|code|when|writer     an entry; `when` is `all`, or `h` and the hour
    lane|check|when|writer                          what a writer says that there is (checks.py)
    lane|topic|schema|revision|code|when            an entry of older versions, written by nobody;
                                                    they have minutes as entries of their own

A writer is one taking of a lane by one worker: no two write the same key, so that no order of
their writes, and no compaction, mixes what they say.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from elfaust.counts.entry import ALL, HOUR, MOST, CountKey
from elfaust.records import END_OF_REVISIONS

CHECK = "check"
#: How many parts keys have, as above.
ENTRY_PARTS, CHECK_PARTS, OLD_PARTS = 7, 4, 6
#: Writers of the entries of older versions: their keys are JSON, unless somebody wrote them so.
QUOTED, PLAIN = '"', ""
WRITER = re.compile(r"[0-9a-f]{12}")


class Place(NamedTuple):
    """Where a record belongs: the keys of one entry differ by their writers alone."""

    lane: int
    when: str
    #: `topic|schema|revision|code` of an entry; "" of what a writer says that there is.
    name: str

    @property
    def key(self) -> CountKey:
        """The entry's key."""
        minute, hour = _times(self.when)
        return CountKey(*count_key(self.lane, self.name)[:5], minute, hour)

    def encode(self, writer: str) -> bytes:
        """Return the key of this writer's record."""
        if not self.name:
            return f"{self.lane}|{CHECK}|{self.when}|{writer}".encode()
        text = f"{self.lane}|{self.name}|{self.when}"
        if writer == QUOTED:
            return f'"{text}"'.encode()
        return (f"{text}|{writer}" if writer else text).encode()


def place_of(key: CountKey) -> Place:
    """Return the place of an entry."""
    lane, _, rest = key.encode().partition("|")
    name, _, when = rest.rpartition("|")
    return Place(int(lane), when, name)


def decode(key: bytes) -> tuple[Place, str]:
    """Return where a record belongs, and its writer.

    Raises ValueError for a key that no version has written: as one in another spelling nobody
    would ever delete it.
    """
    text = key.decode()
    writer = PLAIN
    if text.startswith(QUOTED):
        text, writer = text[1:-1], QUOTED
        if key != f'"{text}"'.encode():
            raise ValueError(text)
    parts = text.count("|") + 1
    first, _, rest = text.partition("|")
    if parts != OLD_PARTS:
        if writer == QUOTED or parts not in (ENTRY_PARTS, CHECK_PARTS):
            raise ValueError(text)
        rest, _, writer = rest.rpartition("|")
        if not WRITER.fullmatch(writer):
            raise ValueError(text)
    name, _, when = rest.rpartition("|")
    lane = _lane(first)
    _times(when)
    if parts == CHECK_PARTS:
        if name != CHECK:
            raise ValueError(text)
        name = ""
    else:
        count_key(lane, name)
    return Place(lane, when, name), writer


def is_shared(key: bytes) -> bool:
    """Tell whether several workers may have written a key: one of an older version."""
    return key.count(b"|") + 1 == OLD_PARTS


@lru_cache(maxsize=4096)
def _lane(text: str) -> int:
    lane = int(text)
    if not 0 <= lane < MOST or str(lane) != text:
        raise ValueError(text)
    return lane


@lru_cache(maxsize=4096)
def _times(when: str) -> tuple[int | None, int | None]:
    """Return an entry's minute and hour as its key has them; raises ValueError for neither."""
    if when == ALL:
        return None, None
    number = int(when.removeprefix(HOUR))
    if when not in (f"{HOUR}{number}", str(number)):
        raise ValueError(when)
    return (None, number) if when.startswith(HOUR) else (number, None)


@lru_cache(maxsize=65536)
def count_key(lane: int, name: str) -> CountKey:
    """Return the key of the total of a name; raises ValueError where that is none."""
    text = f"{lane}|{name}|{ALL}"
    key = CountKey.decode(text)
    if not -1 <= key.revision < END_OF_REVISIONS or key.encode() != text:
        raise ValueError(name)
    return key
