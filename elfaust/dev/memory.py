"""What was sent lately, in memory: raw lines, and the events and errors that they became."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import replace

from elfaust.events.verdict import Verdict
from elfaust.logs.masking import masked
from elfaust.names import TopicNames
from elfaust.records import Record, Source
from elfaust.settings import Settings
from elfaust.view.feed import MAX_BYTES, MAX_KEPT, NoRecord, Ring
from elfaust.view.seen import Seen, seen

PAST = "It is forgotten: the last {:,} lines are remembered here."
TO_COME = "There is no such line yet: {:,} have come."


class Memory(Ring):
    """A feed whose records stand where those of Kafka would, in topics of one partition."""

    is_stored = False

    def __init__(
        self, settings: Settings, most: int = MAX_KEPT, most_bytes: int = MAX_BYTES
    ) -> None:
        """Remember so many lines, and as many bytes of them."""
        super().__init__(most, most_bytes)
        self._names = TopicNames(settings)
        self._most_lines, self._most_line_bytes = most, most_bytes
        self._lines: dict[str, deque[Record]] = {topic: deque() for topic in self._names.raw}
        self._line_bytes = Counter[str]()
        #: The next offset of each topic.
        self._ends = Counter[str]()

    def line(self, topic: str, line: bytes) -> Record:
        """Remember a raw line as the next record of its topic."""
        record = Record(topic, 0, self._next(topic), int(time.time() * 1000), line)
        kept = self._lines[topic]
        kept.append(record)
        self._line_bytes[topic] += len(line)
        while len(kept) > self._most_lines or self._line_bytes[topic] > self._most_line_bytes:
            self._line_bytes[topic] -= len(kept.popleft().value)
        return record

    def settle(self, line: Record, verdict: Verdict, hint: str = "") -> Seen:
        """Remember what a raw line became; `hint` says more than its EventError what to change."""
        topic = self._names.error if verdict.fault else self._names.event(verdict.key)
        source = Source(line.topic, line.offset)
        record = Record(topic, 0, self._next(topic), line.timestamp, verdict.value, source)
        one = seen(record, self._names.error)
        one = replace(one, hint=masked(hint)) if hint else one
        self.add([one])
        return one

    async def record(self, topic: str, lane: int, offset: int) -> Record | NoRecord:
        """Return a record that is remembered."""
        names = self._names
        if topic not in (*names.raw, names.error) and names.schema_of(topic) is None:
            return NoRecord("It is no topic of this pipeline.")
        if topic not in self._lines:
            return await super().record(topic, lane, offset)
        if offset >= self._ends[topic]:
            return NoRecord(TO_COME.format(self._ends[topic]))
        kept = self._lines[topic]
        first = self._ends[topic] - len(kept)
        if offset < first:
            return NoRecord(PAST.format(len(kept)), is_past=True)
        return kept[offset - first]

    def _next(self, topic: str) -> int:
        self._ends[topic] += 1
        return self._ends[topic] - 1
