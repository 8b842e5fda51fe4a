"""A worker whose broker has just started: `python -m tests.chaos.young_broker worker ROLE ...`.

Such a broker's metadata lack topics that it has. Here its first answer lacks that of EventErrors.
"""

from __future__ import annotations

import functools
from typing import Any

from elfaust.commands import main
from elfaust.delivery.assignor import LaneAssignor
from elfaust.names import TopicNames
from elfaust.settings import load


class Young:
    """Metadata of a cluster without one of its topics."""

    def __init__(self, cluster: Any, unknown: str) -> None:
        self._cluster = cluster
        self._unknown = unknown

    def partitions_for_topic(self, topic: str) -> Any:
        """Return the partitions of a topic, None for one that is not known."""
        return None if topic == self._unknown else self._cluster.partitions_for_topic(topic)


def forget_at_first(topic: str) -> None:
    """Make the first assignment of lanes before any topic is known."""
    assign = LaneAssignor._perform_assignment
    young = True

    @functools.wraps(assign)
    def assigned(self: LaneAssignor, cluster: Any, members: Any) -> Any:
        nonlocal young
        if young:
            cluster, young = Young(cluster, topic), False
        return assign(self, cluster, members)

    LaneAssignor._perform_assignment = assigned


if __name__ == "__main__":
    forget_at_first(TopicNames(load()).error)
    main()
