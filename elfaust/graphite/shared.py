"""Series are bounded: those of further schemas share one."""

from __future__ import annotations

import logging
from typing import Generic, TypeVar

from elfaust.quiet import OnceAMinute

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

#: How many have series of their own.
MOST = 2_000

T = TypeVar("T")


class Shared(Generic[T]):
    """Gives the first `most` of something their own name, and all others `other`'s.

    `what` names them in the log. After a restart it is those that are seen first then.
    """

    def __init__(self, what: str, other: T, most: int = MOST) -> None:
        self._what = what
        self._other = other
        self._most = most
        self._own: set[T] = set()

    def own(self, one: T) -> T:
        """Return whose series counts `one`."""
        if one not in self._own:
            if len(self._own) >= self._most:
                counted = self._most, self._what, self._other
                log.warning("%d %s have series of their own; others share that of %s", *counted)
                return self._other
            self._own.add(one)
        return one
