"""What a consumer commits: batches in the order of their delivery, and notes with the offsets.

Faust's own bookkeeping counts a gap in offsets as acknowledged, which is wrong for batches
(docs/architecture, "Delivery"): each `Lane` keeps its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from faust.types import TP

from elfaust.delivery.lane import Lane, Noted
from elfaust.delivery.privates import FaustConsumer
from elfaust.errors import LaneLost, Unacknowledged

#: Longest note, bytes: the broker's `offset.metadata.max.bytes`, as Kafka comes.
NOTE_BYTES = 4_096


class CommittingConsumer(FaustConsumer):
    """Commits from the oldest batch on, as far as batches are acknowledged.

    Who acknowledges a batch may set `message.note` before: what is committed with the offset after
    that batch. `Lane.committed` tells it to whoever goes on from there. `message.when_committed`,
    which may be set as well, is called once the batch is committed and does not come again.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: The lanes of this assignment; none while lanes move.
        self.lanes: dict[TP, Lane] = {}
        self._committing = asyncio.Lock()

    def end_lanes(self) -> None:
        """Give up all lanes."""
        lanes, self.lanes = self.lanes, {}
        for lane in lanes.values():
            lane.end()

    def ack(self, message: Any) -> bool:
        """Note that a message is acknowledged; its lane asks when it commits."""
        is_new = not message.acked
        message.acked = True
        return is_new

    async def commit(self, *_: Any, **__: Any) -> bool:
        """Commit what is acknowledged; tell whether Kafka took it.

        One commit at a time: a commit that is tried again must not come after a later one.
        Raises Unacknowledged when that takes longer than `kafka.publish_timeout`.
        """
        async with self._committing:
            found = {lane: lane.acknowledged for lane in self.lanes.values()}
            return await self._commit_lanes({lane: at for lane, at in found.items() if at})

    async def commit_note(self, lane: Lane, note: str) -> None:
        """Commit what is acknowledged of a lane at once, with this note; durable on return.

        Where nothing new is acknowledged the note goes to the offset that is committed, or to the
        one where the lane began.

        Raises ValueError for a note of more than 4,096 bytes. Raises Unacknowledged when Kafka did
        not take it within `kafka.publish_timeout`, and LaneLost when lanes have moved or are about
        to: it may have arrived or not, all lanes end, and all that is not acknowledged comes again
        to somebody.
        """
        if len(note.encode()) > NOTE_BYTES:
            raise ValueError(f"a note of {len(note.encode())} bytes, of at most {NOTE_BYTES}")
        async with self._committing:
            offset = lane.acknowledged
            offset = lane.committed if offset is None else offset
            if not lane.is_over:
                if await self._commit_lanes({lane: Noted(offset, note)}):
                    return
                if not lane.is_over:
                    self.end_lanes()
        raise LaneLost(lane.tp.partition, f"{lane.tp.topic}: a note is not committed")

    async def _commit_lanes(self, offsets: Mapping[Lane, Noted]) -> bool:
        """Commit offsets of lanes of one assignment; tell whether Kafka took them.

        aiokafka may wait for the group's coordinator for ever, and nothing else commits meanwhile.
        """
        if not offsets:
            return False
        kafka = self.app.settings.kafka
        [generation] = {lane.generation for lane in offsets}
        wanted = {lane.tp: offset for lane, offset in offsets.items()}
        try:
            async with asyncio.timeout(kafka.publish_timeout):
                committed: bool = await self.thread.commit(wanted, generation)
        except TimeoutError as error:
            detail = f"offsets not committed within {kafka.publish_timeout} s"
            raise Unacknowledged(f"Kafka {kafka.bootstrap}", detail) from error
        if committed:
            for lane, offset in offsets.items():
                lane.commit(offset)
        return committed
