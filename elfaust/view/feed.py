"""Where events come from: the last that were read, and one record of a topic.

`Feed` is what the pages need. `Ring` is the memory of one, and a feed of its own for a process
that makes its events itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import takewhile
from typing import NamedTuple, Protocol, TypeAlias

from elfaust.records import Record, Source
from elfaust.view.seen import FAILED, VALID, Seen

#: Events, and errors, that are remembered, and their bytes.
MAX_KEPT, MAX_BYTES = 5_000, 64_000_000


class Numbered(NamedTuple):
    """An event and its number in the feed; later ones have higher numbers."""

    number: int
    seen: Seen


class NoRecord(NamedTuple):
    """Why there is no record at an offset."""

    why: str
    #: Whether there was one: Kafka keeps it no longer.
    is_past: bool = False


class Feed(Protocol):
    """Gives events to whoever looks."""

    #: Whether roles store its events.
    is_stored: bool
    #: Why nothing new comes, "" where it does.
    trouble: str
    #: Records that were not read, as more came than can be shown.
    passed_over: int
    #: The highest number so far.
    last: int

    async def fresh(self) -> None:
        """Wait until what there is now is remembered; for a few seconds at most."""

    def looking(self) -> AbstractContextManager[None]:
        """Return what says that somebody looks as long as it is entered."""

    def after(self, number: int, status: str = "") -> Sequence[Numbered]:
        """Return what is remembered of later events, the newest first."""

    def forgotten(self, status: str = "") -> int:
        """Return the number of the last event that is remembered no more, 0 where all are."""

    async def wait(self, number: int, timeout: float) -> None:
        """Wait until there is a later event than that number, or the time (s) is over."""

    async def record(self, topic: str, lane: int, offset: int) -> Record | NoRecord:
        """Return a record of one of the pipeline's topics; raises ServerAway."""

    async def came_since(self, topic: str, times: Sequence[int]) -> list[int]:
        """Return how many records a topic has of times since these, ms; raises ServerAway."""


#: Topic and lane of a record, and the source that it names.
_Line: TypeAlias = tuple[str, int, Source] | None


class Ring:
    """The last events and the last errors; a flood of the ones leaves the others.

    A line is one event, or one error of a topic, however often a worker has written it: what was
    sent and not committed when its lanes moved, or it died, is in Kafka twice.
    """

    is_stored = True

    def __init__(self, most: int = MAX_KEPT, most_bytes: int = MAX_BYTES) -> None:
        self._kept: dict[str, deque[Numbered]] = {VALID: deque(), FAILED: deque()}
        #: The lines of which these were made. All of them: errors of sinks come in any order.
        self._made_from = set[_Line]()
        self._bytes = dict.fromkeys(self._kept, 0)
        self._forgotten = dict.fromkeys(self._kept, 0)
        self._most, self._most_bytes = most, most_bytes
        self.last = 0
        self._changed = asyncio.Event()
        self.trouble, self.passed_over = "", 0

    async def fresh(self) -> None:
        """Return at once: events come by themselves."""

    def add(self, events: Iterable[Seen]) -> None:
        """Remember events, the newest last, and forget old ones; pass over those that repeat."""
        for one in events:
            if (line := _line(one)) in self._made_from:
                continue
            if line is not None:
                self._made_from.add(line)
            self.last += 1
            kept = self._kept[one.status]
            kept.append(Numbered(self.last, one))
            self._bytes[one.status] += len(one.value)
            while len(kept) > self._most or self._bytes[one.status] > self._most_bytes:
                number, gone = kept.popleft()
                self._made_from.discard(_line(gone))
                self._forgotten[one.status] = number
                self._bytes[one.status] -= len(gone.value)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def looking(self) -> AbstractContextManager[None]:
        """Return a context that means nothing: events come by themselves."""
        return nullcontext()

    def after(self, number: int, status: str = "") -> list[Numbered]:
        """Return what is remembered of later events, the newest first."""
        found = [
            one
            for of, kept in self._kept.items()
            if status in ("", of)
            for one in _later(kept, number)
        ]
        return sorted(found, reverse=True, key=lambda one: one.number)

    def forgotten(self, status: str = "") -> int:
        """Return the number of the last event that is remembered no more, 0 where all are."""
        return max(number for of, number in self._forgotten.items() if status in ("", of))

    async def wait(self, number: int, timeout: float) -> None:
        """Wait until there is a later event than that number, or the time (s) is over."""
        if self.last > number:
            return
        try:
            async with asyncio.timeout(timeout):
                await self._changed.wait()
        except TimeoutError:
            pass

    async def record(self, topic: str, lane: int, offset: int) -> Record | NoRecord:
        """Return a record that is remembered."""
        for kept in self._kept.values():
            for _, one in kept:
                if (one.topic, one.lane, one.offset) == (topic, lane, offset):
                    return Record(topic, lane, offset, one.time, one.value, one.source)
        return NoRecord(
            "It is not among the last events, and only those are remembered here.", True
        )

    async def came_since(self, topic: str, times: Sequence[int]) -> list[int]:
        """Return how many events of a topic are remembered of times since these, ms."""
        came = [one.time for kept in self._kept.values() for _, one in kept if one.topic == topic]
        return [sum(time <= of for of in came) for time in times]


def _line(one: Seen) -> _Line:
    """Return what a record shares with those that repeat it; None where it names no line."""
    return one.source and (one.topic, one.lane, one.source)


def _later(kept: deque[Numbered], number: int) -> Iterator[Numbered]:
    return takewhile(lambda one: one.number > number, reversed(kept))
