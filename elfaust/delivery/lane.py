"""A lane of a topic as one assignment gives it: where it goes on, and what is in flight.

All that is known of a lane is in this object, and ends with it. A lane that comes again, in the
next generation or a later one, is another object that begins at what Kafka has as committed:
nothing that was fetched, delivered or acknowledged before can reach it.
"""

from __future__ import annotations

from collections import deque
from itertools import takewhile
from typing import Any, NamedTuple

from faust.types import TP


class Noted(int):
    """An offset to commit, and what is committed with it: its metadata, as Kafka calls that."""

    note: str

    def __new__(cls, offset: int, note: str = "") -> Noted:
        """Return an offset with its note."""
        noted = super().__new__(cls, offset)
        noted.note = note
        return noted


class Oldest(NamedTuple):
    """The first record of a lane that is not acknowledged; it may not have come yet."""

    offset: int
    #: Its time as Kafka tells it, ms; None where it is not known.
    timestamp: int | None = None


class Lane:
    """One lane in one generation of the group.

    `step` is that of the thread's last seek in it: what was fetched before comes again.
    """

    def __init__(self, tp: TP, start: Noted, generation: int, step: int) -> None:
        """`start` is what is committed, or where the lane begins."""
        self.tp = tp
        self.generation = generation
        #: What is committed; where the lane began if nothing is.
        self.committed = start
        #: The offset to go on with.
        self.next = int(start)
        #: The id of its topic, as far as somebody has asked for it.
        self.topic_id = ""
        #: Whether the lane was given up: nothing of it is delivered, acknowledged or committed.
        self.is_over = False
        #: Whether it is held: not fetched until it is released (holds.py).
        self.is_held = False
        self._step = step
        #: Messages that were delivered and are not committed, in the order of their delivery.
        self._in_flight: deque[Any] = deque()
        self._dropped: Oldest | None = None

    def takes(self, step: int) -> bool:
        """Tell whether what was fetched in a step of the thread is to be delivered."""
        return not (self.is_over or self.is_held) and step >= self._step

    def deliver(self, message: Any) -> None:
        """Note that a message is delivered; its records follow those of the one before."""
        message.lane, message.dropped = self, False
        self.next = message.offset + 1
        self._in_flight.append(message)

    @property
    def acknowledged(self) -> Noted | None:
        """The offset up to which all is acknowledged that is not committed; None: nothing is."""
        acked = list(takewhile(lambda message: message.acked, self._in_flight))
        return Noted(acked[-1].offset + 1, acked[-1].note) if acked else None

    def commit(self, offset: Noted) -> None:
        """Note that an offset is committed, and tell those whose messages that finishes."""
        self.committed = offset
        while self._in_flight and self._in_flight[0].acked and self._in_flight[0].offset < offset:
            self._in_flight.popleft().when_committed()

    def begin_again(self, offset: int) -> None:
        """Go on from an offset before what was committed: the topic was made anew.

        Until the new one had passed what is committed of the old one, nothing would be committed,
        and a worker that starts then would begin in its midst.
        """
        self.committed = Noted(offset)
        for message in self._in_flight:
            if message.acked:
                message.when_committed()
        self._in_flight.clear()

    @property
    def oldest(self) -> Oldest:
        """The first record that is not acknowledged."""
        for message in self._in_flight:
            if not message.acked:
                return Oldest(message.first, message.since)
        dropped = self._dropped
        return dropped if dropped and dropped.offset == self.next else Oldest(self.next)

    def hold(self) -> int:
        """Drop what is not acknowledged; return where the lane has to go on."""
        acked = sum(1 for _ in takewhile(lambda message: message.acked, self._in_flight))
        if acked < len(self._in_flight):
            first = self._in_flight[acked]
            self._dropped = Oldest(first.first, first.since)
            self.next = first.first
        while len(self._in_flight) > acked:
            self._in_flight.pop().dropped = True
        self.is_held = True
        return self.next

    def release(self, step: int) -> None:
        """Deliver again what is fetched from a step of the thread on."""
        self.is_held, self._step = False, step

    def end(self) -> None:
        """Give the lane up: what was delivered of it is not to be stored, it comes again.

        A commit that runs may still finish some of it.
        """
        self.is_over = True
        for message in self._in_flight:
            message.dropped = True
