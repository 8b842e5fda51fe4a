"""A sink that notes what its buffer does, and a clock to move."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Any

import pytest

from elfaust.errors import ServerAway, TableChanged
from elfaust.sinks import buffer as buffer_module
from elfaust.sinks import groups, held, server_wait
from elfaust.sinks.base import Limits
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.buffer import Buffer
from elfaust.sinks.groups import Buffered
from elfaust.sinks.held import Lane
from elfaust.testing import make_record

#: What reads the time.
TIMED: tuple[Any, ...] = (buffer_module, groups, held, server_wait)
AWAY = ServerAway("MySQL", "gone")


class Sink:
    """A writer that notes what happens in which order."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.error: Exception | None = None
        #: Which assignment of lanes holds now.
        self.generation = 1
        self.held: set[Lane] = set()
        self.broken: set[str] = set()
        #: Called in each write.
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.limits = Limits(Bounds(10, 1_000), 60.0, Bounds(100, 10_000))

    def group_of(self, topic: str, lane: int) -> str:
        return topic

    async def write(self, batches: Sequence[Buffered]) -> None:
        if self.meanwhile:
            await self.meanwhile()
        key = batches[0].topic
        if self.error:
            raise self.error
        if key in self.broken:
            self.log.append(f"try {key}")
            raise TableChanged(key, "Unknown column")
        self.log.append(f"write {key} {sum(len(batch.records) for batch in batches)}")

    def on_revoked(self) -> None:
        self.log.append("revoked")

    async def hold(self, lanes: set[Lane], held: bool) -> None:
        self.log.append(f"{'hold' if held else 'release'} {sorted(lanes)}")
        self.held = self.held | lanes if held else self.held - lanes

    def buffer(
        self,
        rows: int = 10,
        seconds: float = 60.0,
        pending: int = 100,
        size: int = 1_000,
        pending_size: int = 10_000,
    ) -> Buffer:
        self.limits = Limits(Bounds(rows, size), seconds, Bounds(pending, pending_size))
        return Buffer(self, self.hold)

    def batch(
        self, topic: str, rows: int, lane: int = 0, generation: int = 1, size: int = 2
    ) -> Buffered:
        records = [make_record(b"{}", offset, 0) for offset in range(rows)]
        return Buffered(
            topic,
            lane,
            records,
            lambda: self.log.append(f"ack {topic}"),
            size,
            # As a consumer does it: what was delivered is dropped when its lane moves or is held.
            lambda: generation != self.generation or (topic, lane) in self.held,
        )


class Clock:
    """The time of the modules."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = monotonic()
        for module in TIMED:
            monkeypatch.setattr(module, "monotonic", lambda: self.now)
