"""Lanes that are held: not fetched, nothing of them in memory, and nothing of them lost.

What is delivered of a held lane and not acknowledged is dropped, and read again from Kafka when the
lane is released. Faust's own pause keeps what was delivered, and ends when Faust's queue drains.
"""

from __future__ import annotations

from collections.abc import Iterable

from faust.types import TP

from elfaust.delivery.commits import CommittingConsumer
from elfaust.delivery.lane import Lane, Oldest


class HoldingConsumer(CommittingConsumer):
    """Holds and releases lanes; a new assignment holds none."""

    async def hold(self, lanes: Iterable[tuple[str, int]]) -> None:
        """Stop lanes, whatever Faust's buffers do, and drop what is not acknowledged of them.

        Batches that were delivered have `message.dropped` set: they come again after `release` and
        are not to be acknowledged. What was acknowledged before is committed as ever.
        """
        going = [lane for lane in self._ours(lanes) if not lane.is_held]
        back = {lane.tp: lane.hold() for lane in going}
        self.active.difference_update(back)
        if back:
            await self.thread.halt(back, going[0].generation)

    async def release(self, lanes: Iterable[tuple[str, int]]) -> None:
        """Deliver held lanes again, from the first offset that is not acknowledged."""
        held = {lane.tp: lane for lane in self._ours(lanes) if lane.is_held}
        if not held:
            return
        generation = next(iter(held.values())).generation
        step = await self.thread.go_on(held, generation)
        still = {tp for tp, lane in held.items() if not lane.is_over}
        if step is not None:
            for tp in still:
                held[tp].release(step)
            self._fetch(still - self.paused - self.backed_up)

    async def begin_again(self, lane: Lane) -> None:
        """Read a lane from its beginning: its topic is no longer the one that was read.

        What was delivered of it and is not acknowledged is dropped.
        """
        start = (await self.earliest_offsets(lane.tp))[lane.tp]
        if lane.is_over:
            return
        lane.hold()
        lane.begin_again(start)
        lane.next = start
        self.active.discard(lane.tp)
        await self.thread.halt({lane.tp: start}, lane.generation)
        await self.release([lane.tp])

    def oldest(self, tp: TP) -> Oldest | None:
        """Return the first record of a lane that is not acknowledged, None where nobody knows."""
        lane = self.lanes.get(tp)
        return None if lane is None else lane.oldest

    def _ours(self, lanes: Iterable[tuple[str, int]]) -> list[Lane]:
        return [lane for lane in map(self.lanes.get, (TP(*lane) for lane in lanes)) if lane]

    def _held(self) -> set[TP]:
        return {tp for tp, lane in self.lanes.items() if lane.is_held}

    def _fetch(self, lanes: Iterable[TP]) -> None:
        self.active.update(set(lanes) - self._held())

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch lanes again that Faust had paused, those that are held aside."""
        super().resume_partitions(tps)
        self.active.difference_update(self._held())

    def on_buffer_drop(self, tp: TP) -> None:
        """Fetch a lane again when its queue has drained, unless it is held or paused."""
        if tp in self.backed_up:
            self.backed_up.discard(tp)
            if tp not in self.paused:
                self._fetch({tp})
