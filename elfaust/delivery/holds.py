"""Lanes that are held: not fetched, nothing of them in memory, and nothing of them lost.

What is delivered of a held lane and not acknowledged is dropped, and read again from Kafka when the
lane is released. Faust's own pause keeps what was delivered, and ends when Faust's queue drains.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from typing import Any, NamedTuple

from faust.types import TP

from elfaust.delivery.commits import CommittingConsumer
from elfaust.delivery.thread import Fetched


class Oldest(NamedTuple):
    """The first record of a lane that is not acknowledged; it may not have come yet."""

    offset: int
    #: Its time as Kafka tells it, ms; None where it is not known.
    timestamp: int | None = None


class HoldingConsumer(CommittingConsumer):
    """Holds and releases lanes; a new assignment holds none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: The offset that each lane has to go on with.
        self._next: dict[TP, int] = {}
        self._held: set[TP] = set()
        #: The first record that was dropped of a lane.
        self._dropped: dict[TP, Oldest] = {}
        #: The generation whose lanes were last sought, and the thread's step then; and the step of
        #: each lane that was released since.
        self._sought_in: int | None = None
        self._sought = 0
        self._released: dict[TP, int] = {}

    async def hold(self, lanes: Iterable[tuple[str, int]]) -> None:
        """Stop lanes, whatever Faust's buffers do, and drop what is not acknowledged of them.

        Batches that were delivered have `message.dropped` set: they come again after `release` and
        are not to be acknowledged. What was acknowledged before is committed as ever.
        """
        more = {TP(*lane) for lane in lanes} - self._held
        back = {tp: offset for tp in more if (offset := self._drop(tp)) is not None}
        self._next |= back
        self._held |= back.keys()
        self.active.difference_update(back)
        if back:
            await self.thread.halt(back, self.app.consumer_generation_id)

    async def release(self, lanes: Iterable[tuple[str, int]]) -> None:
        """Deliver held lanes again, from the first offset that is not acknowledged."""
        held = {TP(*lane) for lane in lanes} & self._held
        generation = self.app.consumer_generation_id
        step = await self.thread.go_on(held, generation) if held else None
        if step is None or generation != self.app.consumer_generation_id:
            return
        self._held -= held
        self._released |= dict.fromkeys(held, step)
        self._fetch(held - self.paused - self.backed_up)

    def oldest(self, tp: TP) -> Oldest | None:
        """Return the first record of a lane that is not acknowledged, None where nobody knows."""
        for message in self._in_flight.get(tp, ()):
            if not message.acked:
                return Oldest(message.first, message.since)
        at = self._next.get(tp, self._from.get(tp))
        if at is None:
            return None
        dropped = self._dropped.get(tp)
        return dropped if dropped is not None and dropped.offset == at else Oldest(at)

    def _drop(self, tp: TP) -> int | None:
        """Drop what is not acknowledged; return where the lane has to go on, None if unknown."""
        in_flight = self._in_flight[tp]
        acked = sum(1 for _ in takewhile(lambda message: message.acked, in_flight))
        offset: int | None = (
            in_flight[acked].first if acked < len(in_flight) else self._next.get(tp)
        )
        if acked < len(in_flight):
            self._dropped[tp] = Oldest(in_flight[acked].first, in_flight[acked].since)
        while len(in_flight) > acked:
            in_flight.pop().dropped = True
        return offset

    def _counts(self, tp: TP, fetched: Fetched) -> bool:
        """Tell whether what was fetched of a lane is to be delivered; if not, it comes again.

        Nothing is delivered of lanes that were not sought since they came. Faust may let them flow
        for a moment before it pauses them, and its tables are not recovered then: what is counted
        in a table that lacks entries hides those that the recovery brings.
        """
        since = max(self._sought, self._released.get(tp, 0))
        sought = fetched.generation == self._sought_in and fetched.step >= since
        return sought and self._flows(fetched) and tp not in self._held

    def _flows(self, fetched: Fetched) -> bool:
        """Tell whether the lanes are still those for which this was fetched."""
        same: bool = fetched.generation == self.app.consumer_generation_id
        return self.flow_active and same

    def _fetch(self, lanes: Iterable[TP]) -> None:
        self.active.update(set(lanes) - self._held)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch lanes again that Faust had paused, those that are held aside."""
        super().resume_partitions(tps)
        self.active.difference_update(self._held)

    def on_buffer_drop(self, tp: TP) -> None:
        """Fetch a lane again when its queue has drained, unless it is held or paused."""
        if tp in self.backed_up:
            self.backed_up.discard(tp)
            if tp not in self.paused:
                self._fetch({tp})

    async def perform_seek(self) -> None:
        """Go back to what is committed; what was delivered before no longer counts."""
        generation = self.app.consumer_generation_id
        await super().perform_seek()
        self._sought_in, self._sought = generation, self.thread.step
        self._forget_deliveries()
        self._next = {tp: offset for tp, offset in self.committed.items() if offset}

    def _forget_deliveries(self) -> None:
        self._in_flight.clear()
        self._held.clear()
        self._released.clear()
        self._dropped.clear()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget what the lanes that go had in flight and held."""
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            self._in_flight.pop(tp, None)
            self._from.pop(tp, None)
            self._held.discard(tp)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Forget batches that were delivered while the lanes were moving: they come again."""
        self._forget_deliveries()
        await super().on_partitions_assigned(assigned, generation_id)
