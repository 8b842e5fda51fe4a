"""Whose turn it is to send for all workers: that of the worker that has lane 0.

Each new schema revision has a topic of its own, and each new topic moves the lanes of the group,
more than once while topics come together. Faust gives them to whoever had them among the members;
so a worker that gets lane 0 each time, and was a member all the while, has the same turn still.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiokafka import TopicPartition

from elfaust.delivery import privates
from elfaust.workers.worker import Worker


class Turn:
    """Counts a worker's turns; told of each assignment of lanes."""

    def __init__(self) -> None:
        #: The number of the last turn, 0 before the first.
        self.number = 0
        self._member = ""

    def assigned(self, has_first: bool, member: str) -> None:
        """Take in an assignment: whether lane 0 is in it, and who this is in the group by now.

        The group gives another name to a worker that it had given up.
        """
        if has_first and member != self._member:
            self.number += 1
        self._member = member if has_first else ""


def has_first(worker: Worker, lanes: Iterable[TopicPartition]) -> bool:
    """Tell whether lane 0 of the topics that a worker reads is among `lanes`.

    The topic that shows who leads a Faust group has a lane 0 too, which any worker may get.
    """
    return any(lane.partition == 0 and worker.is_batched(lane.topic) for lane in lanes)


def turn_of(worker: Worker) -> Turn:
    """Return the turns of a worker, as Faust tells it of its lanes."""
    turn = Turn()

    async def assigned(_: Any, lanes: Iterable[TopicPartition], **__: Any) -> None:
        turn.assigned(has_first(worker, lanes), privates.member(worker.consumer.thread.client))

    worker.on_partitions_assigned.connect(assigned, weak=False)
    return turn
