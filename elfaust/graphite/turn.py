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

    def assigned(self, has_first: bool, generation: int) -> None:
        """Take in an assignment in a generation of the group, and whether lane 0 is in it."""
        if not has_first:
            return
        if not self.number or generation != self._last + 1:
            self.number += 1
        self._last = generation


def has_first(worker: Worker, lanes: Iterable[TP]) -> bool:
    """Tell whether lane 0 of the topics that a worker reads is among `lanes`.

    The topic that shows who leads a Faust group has a lane 0 too, which any worker may get.
    """
    return any(lane.partition == 0 and worker.is_batched(lane.topic) for lane in lanes)


def turn_of(worker: Worker) -> Turn:
    """Return the turns of a worker, as Faust tells it of its lanes."""
    turn = Turn()

    async def assigned(_: Any, lanes: Iterable[TP], **__: Any) -> None:
        turn.assigned(has_first(worker, lanes), worker.consumer_generation_id)

    worker.on_partitions_assigned.connect(assigned, weak=False)
    return turn
