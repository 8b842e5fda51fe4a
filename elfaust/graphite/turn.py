"""Whose turn it is to send for all workers: that of the worker that has lane 0.

Each new schema revision has a topic of its own, and each new topic moves the lanes of the group. A
worker that gets lane 0 again in the next generation, as no other can have had it in between, has
the same turn still.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from faust.types import TP

from elfaust.workers.worker import Worker


class Turn:
    """Counts a worker's turns; told of each assignment of lanes."""

    def __init__(self) -> None:
        #: The number of the last turn, 0 before the first.
        self.number = 0
        self._last = 0

    def assigned(self, lanes: Iterable[TP], generation: int) -> None:
        """Take in an assignment of lanes: those of a generation of the group."""
        if not any(lane.partition == 0 for lane in lanes):
            return
        if not self.number or generation != self._last + 1:
            self.number += 1
        self._last = generation


def turn_of(worker: Worker) -> Turn:
    """Return the turns of a worker, as Faust tells it of its lanes."""
    turn = Turn()

    async def assigned(_: Any, lanes: Iterable[TP], **__: Any) -> None:
        turn.assigned(lanes, worker.consumer_generation_id)

    worker.on_partitions_assigned.connect(assigned, weak=False)
    return turn
