"""How far a lane has come, and so which of its records are new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from elfaust.types import Record


@dataclass
class Progress:
    """What a lane has taken of each topic.

    `offsets` is the next offset; `positions` the highest position of each source; `refused` the
    offsets that could not be stored and whose report may still be missing.
    """

    offsets: dict[str, int] = field(default_factory=dict)
    positions: dict[str, dict[str, int]] = field(default_factory=dict)
    refused: dict[str, list[int]] = field(default_factory=dict)

    def advance(self, topic: str, records: Sequence[Record]) -> list[Record]:
        """Return the records that are new, and move past them; they come in order of offset.

        A record is new if neither its own offset nor its source's position has been passed: a
        source's positions only rise, save where a restarted worker repeats itself. One that was
        refused is new again: its report may have been lost with the worker.
        """
        fresh: list[Record] = []
        if not records:
            return fresh
        # What is not delivered again has been acknowledged, hence reported.
        refused = {o for o in self.refused.get(topic, ()) if o >= records[0].offset}
        positions = self.positions.setdefault(topic, {})
        following = self.offsets.get(topic, 0)
        for record in records:
            if record.offset in refused:
                refused.discard(record.offset)
            elif record.offset < following:
                continue
            elif record.source and record.position <= positions.get(record.source, -1):
                following = record.offset + 1
                continue
            elif record.source:
                positions[record.source] = record.position
            following = max(following, record.offset + 1)
            fresh.append(record)
        self.offsets[topic] = following
        self.refuse(topic, refused)
        return fresh

    def refuse(self, topic: str, offsets: set[int], keep: bool = False) -> None:
        """Note the offsets of a topic that are refused, beside those noted before if `keep`."""
        noted = offsets | set(self.refused.get(topic, ())) if keep else offsets
        self.refused.pop(topic, None)
        if noted:
            self.refused[topic] = sorted(noted)
