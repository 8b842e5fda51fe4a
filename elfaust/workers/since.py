"""Since when a worker waits for a server, or holds events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

#: Seconds for which a trouble that is seen no more still counts as the same one.
FORGET_SECONDS = 15.0


def trouble_of(sentence: str) -> str:
    """Return which server, table or lane a sentence is of: the error is not the same each time."""
    return sentence.partition(": ")[0].removesuffix(" is not available")


class Since:
    """Remembers when each trouble was first seen; `clock` gives Unix seconds.

    A trouble is what stands before the first colon of its sentence, as the server or the table.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        #: When a trouble was first and last seen.
        self._seen: dict[str, tuple[float, float]] = {}

    def of(self, sentences: Iterable[str]) -> dict[str, float]:
        """Note what is seen now, and return since when, in Unix seconds, by its sentence."""
        now = self._clock()
        since = {}
        for sentence in sentences:
            trouble = trouble_of(sentence)
            first, last = self._seen.get(trouble, (now, now))
            since[sentence] = first = first if now - last <= FORGET_SECONDS else now
            self._seen[trouble] = first, now
        for trouble in [t for t, (_, last) in self._seen.items() if now - last > FORGET_SECONDS]:
            del self._seen[trouble]
        return since
