"""What a consumer commits: batches in the order of their delivery, and notes with the offsets.

Faust's own bookkeeping counts a gap in offsets as acknowledged, which is wrong for batches
(docs/architecture, "Delivery").
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping
from itertools import takewhile
from typing import Any

from faust.types import TP

from elfaust.delivery.privates import FaustConsumer
from elfaust.delivery.thread import Noted
from elfaust.errors import LaneLost, Unacknowledged

#: Longest note, bytes: the broker's `offset.metadata.max.bytes`, as Kafka comes.
NOTE_BYTES = 4_096


class CommittingConsumer(FaustConsumer):
    """Commits from the oldest batch on, as far as batches are acknowledged.

    Who acknowledges a batch may set `message.note` before: what is committed with the offset after
    that batch. `note` tells it to whoever goes on from there. `message.when_committed`, which may
    be set as well, is called once the batch is committed and does not come again.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_flight: defaultdict[TP, deque[Any]] = defaultdict(deque)
        #: What is committed of each lane; where it began if nothing is.
        self._from: dict[TP, Noted] = {}
        self._committing = asyncio.Lock()

    def note(self, tp: TP) -> str:
        """Return what was committed with the offset from which a lane goes on, "" for nothing.

        It is known before the lane's first batch is delivered.
        """
        going = self._from.get(tp)
        return "" if going is None else going.note

    def begin_again(self, tp: TP, offset: int) -> None:
        """Take a lane for another one from an offset on, before what was committed.

        Its topic was made anew: until the new one had passed what is committed of the old one,
        nothing would be committed, and a worker that starts then would begin in its midst.
        """
        self.committed.pop(tp, None)
        self._from[tp] = Noted(offset, "")
        for message in self._in_flight.pop(tp, ()):
            if message.acked:
                message.when_committed()

    async def commit_note(self, tp: TP, note: str) -> None:
        """Commit what is acknowledged of a lane at once, with this note; durable on return.

        Where nothing new is acknowledged the note goes to the offset that is committed, or to the
        one where the lane began.

        Raises ValueError for a note of more than 4,096 bytes. Raises Unacknowledged when Kafka did
        not take it within `kafka.publish_timeout`, and LaneLost when lanes have moved or are about
        to: it may have arrived or not, and all that is not acknowledged comes again to somebody.
        """
        if len(note.encode()) > NOTE_BYTES:
            raise ValueError(f"a note of {len(note.encode())} bytes, of at most {NOTE_BYTES}")
        async with self._committing:
            offset = self._new_offset(tp)
            if offset is None:
                offset = self._from.get(tp)
            if offset is None or not await self._commit_offsets({tp: Noted(offset, note)}):
                raise LaneLost(tp.partition, f"{tp.topic}: a note is not committed")

    async def commit(self, *args: Any, **kwargs: Any) -> bool:
        """Commit what is acknowledged; tell whether Kafka took it.

        One commit at a time: a commit that is tried again must not come after a later one.
        """
        async with self._committing:
            committed: bool = await super().commit(*args, **kwargs)
        return committed

    def _new_offset(self, tp: TP) -> int | None:
        if not self.app.is_batched(tp.topic):
            offset: int | None = super()._new_offset(tp)
            return offset
        self.forget_acknowledged(tp)
        acked = list(takewhile(lambda message: message.acked, self._in_flight[tp]))
        return Noted(acked[-1].offset + 1, acked[-1].note) if acked else None

    async def _commit_offsets(self, offsets: Mapping[TP, int], *args: Any, **kwargs: Any) -> bool:
        """Commit offsets; tell whether Kafka took them.

        Raises Unacknowledged when that takes longer than `kafka.publish_timeout`, for aiokafka may
        wait for the group's coordinator for ever, and nothing else commits meanwhile.
        """
        kafka = self.app.settings.kafka
        try:
            async with asyncio.timeout(kafka.publish_timeout):
                committed: bool = await super()._commit_offsets(offsets, *args, **kwargs)
        except TimeoutError as error:
            detail = f"offsets not committed within {kafka.publish_timeout} s"
            raise Unacknowledged(f"Kafka {kafka.bootstrap}", detail) from error
        for tp, offset in offsets.items():
            if not committed:
                # Faust notes offsets as committed though Kafka has refused them.
                self.committed.pop(tp, None)
                continue
            if isinstance(offset, Noted):
                self._from[tp] = offset
            in_flight = self._in_flight[tp]
            while in_flight and in_flight[0].acked and in_flight[0].offset < offset:
                in_flight.popleft().when_committed()
        return committed

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        committed: bool = await self.thread.commit(offsets, self.app.consumer_generation_id)
        return committed

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        """Seek to where each lane goes on; return these offsets."""
        going: Mapping[TP, Noted | None] = await self.thread.seek_to_committed()
        self._from = {tp: offset for tp, offset in going.items() if offset is not None}
        return going
