"""How far a lane has come: its open batches, forwarders' positions, and what a successor must know.

Kafka keeps a note (notes.py) beside a lane's committed offset. It holds how the lane stood at that
offset, so that whoever has the lane next gives each line the verdict that it had.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from functools import lru_cache

from elfaust.delivery.batch import FORWARDED
from elfaust.lanes.callbacks import LaneCallbacks, Settled
from elfaust.lanes.notes import Note, decode
from elfaust.lanes.outcomes import Outcomes
from elfaust.lanes.waiting_lines import OpenBatch
from elfaust.records import Record, Source


class Progress:
    """The batches of a lane that are not acknowledged, and its note."""

    def __init__(self, callbacks: LaneCallbacks, note: str, topic_id: str = "") -> None:
        """Go on from the text of a note; `callbacks` acknowledge batches and commit notes."""
        self._callbacks = callbacks
        #: How the lane stands at the end of the lines that have come.
        self._note = decode(note)
        self._note.topic = topic_id
        #: Forwarders' positions at the acknowledged offset.
        self._seen = dict(self._note.seen)
        self._acknowledged = -1
        self._batches: deque[OpenBatch] = deque()

    def open_batch(self, records: Sequence[Record]) -> OpenBatch:
        """Return a new batch of records, of which there is at least one."""
        if self._acknowledged < 0:
            self._acknowledged = records[0].offset
        lines = len(records)
        outcomes = Outcomes(records[0].topic, lines)
        batch = OpenBatch(records[-1].offset + 1, lines, {}, outcomes)
        self._batches.append(batch)
        return batch

    def is_repeat(self, source: Source) -> bool:
        """Tell whether a forwarder has sent a line before; remember its position if not."""
        # A header of that name that somebody else has set says nothing.
        return _is_forwarder(source.name) and not self._note.saw(*source)

    def end_batch(self, batch: OpenBatch) -> None:
        """Remember the positions of forwarders at the end of a batch, whose lines were all read."""
        batch.seen = dict(self._note.seen)

    def was_given_up(self, offset: int) -> bool | None:
        """Return whether a predecessor gave a line up; None where it decided nothing of it."""
        return self._note.decided.get(offset) if self._note.decided else None

    async def decide(self, errors: Iterable[Settled]) -> None:
        """Note which EventErrors a successor might not make, before anybody sees them."""
        decided = {
            record.offset: verdict.code == "unresolved"
            for record, verdict in errors
            if verdict.unknown
        }
        if decided.items() <= self._note.decided.items():
            return
        self._note.decided |= decided
        await self.write_note()

    async def write_note(self) -> None:
        """Commit the note; raises LaneLost where the lane has another owner."""
        await self._callbacks.commit_note(
            Note(self._seen, self._note.decided, self._note.topic).encode(self._acknowledged)
        )

    def acknowledge(self) -> None:
        """Acknowledge the first batches, as far as all of their lines are settled."""
        while self._batches and not self._batches[0].left:
            batch = self._batches.popleft()
            self._seen, self._acknowledged = batch.seen, batch.end
            self._note.decided = {
                offset: given_up
                for offset, given_up in self._note.decided.items()
                if offset >= batch.end
            }
            note = Note(batch.seen, self._note.decided, self._note.topic).encode(batch.end)
            self._callbacks.acknowledge(batch.end, note, batch.outcomes.count)


@lru_cache(maxsize=1024)
def _is_forwarder(source: str) -> bool:
    return FORWARDED.fullmatch(source) is not None
