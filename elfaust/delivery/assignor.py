"""Who gets which lanes: lane i of all topics goes to one worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faust.assignor.partition_assignor import PartitionAssignor


class LaneAssignor(PartitionAssignor):  # type: ignore[misc]
    """Gives lane i of all topics of an app to one worker, lanes being as many as `topics.lanes`.

    Faust groups topics by who subscribes to them, so while workers learn of a new topic one after
    the other its lanes could go elsewhere than their neighbours. Here a topic waits until all
    workers of the app have subscribed to it, which each does within `topics.discover_interval`.
    """

    #: Topics that nobody got because the brokers' metadata did not have them: a broker that has
    #: just started does not know all of its own yet, and nothing else would assign lanes again.
    #: That of Faust's leader, in which there is nothing, is worth no other assignment.
    left_out: frozenset[str] = frozenset()

    def _get_copartitioned_groups(
        self, topics: set[str], cluster: Any, subscriptions: Mapping[str, list[str]]
    ) -> Any:
        shared = topics.intersection(*subscriptions.values())
        self._has = {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in shared}
        unknown = {topic for topic, has in self._has.items() if not has}
        read = {t for t in shared if self.app.is_batched(t)}
        self.left_out = frozenset(unknown & (read | self.app.tables.changelog_topics))
        ours, others = read - unknown, shared - read - unknown
        lanes = self.app.settings.topics.lanes
        groups = dict(super()._get_copartitioned_groups(others, cluster, subscriptions))
        if ours:
            groups[lanes] = [*groups.get(lanes, ()), ours]
        return groups

    def _global_table_standby_assignments(self, assignments: Any, *args: Any) -> Any:
        """Take away the lanes that a topic does not have; elfaust has no global tables."""
        for assignment in assignments.values():
            for topic, lanes in assignment.actives.items():
                assignment.actives[topic] = [lane for lane in lanes if lane < self._has[topic]]
        return super()._global_table_standby_assignments(assignments, *args)
