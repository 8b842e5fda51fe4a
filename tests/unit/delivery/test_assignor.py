"""Lanes that stay together, and topics that wait until all workers know them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from faust import Monitor

from elfaust.delivery.assignor import LaneAssignor
from elfaust.settings import Settings

LANES = Settings().topics.lanes


def assignor_of(batched: set[str], url: str = "http://localhost/") -> LaneAssignor:
    app = SimpleNamespace(
        tables=SimpleNamespace(changelog_topics={"changelog"}, data={}),
        conf=SimpleNamespace(canonical_url=url),
        settings=Settings(),
        is_batched=batched.__contains__,
        sensors=Monitor(),
        tracer=None,
    )
    return LaneAssignor(app)


def cluster_of(lanes: dict[str, int]) -> Any:
    """Return a broker's metadata: how many lanes each topic has."""
    return SimpleNamespace(
        partitions_for_topic=lambda topic: set(range(lanes[topic])) if topic in lanes else None
    )


def given(known: set[str], subscriptions: dict[str, set[str]]) -> tuple[set[str], set[str]]:
    """Return the topics that are assigned and those that are left out."""
    workers = {name: assignor_of({"a", "b", "new"}, f"http://{name}/") for name in subscriptions}
    members = {name: workers[name].metadata(topics) for name, topics in subscriptions.items()}
    leader = workers["one"]
    assigned = leader.assign(cluster_of(dict.fromkeys(known, LANES)), members)
    topics = {topic for one in assigned.values() for topic, lanes in one.assignment if lanes}
    return topics, set(leader.left_out)


def test_a_topic_waits_until_all_workers_have_subscribed() -> None:
    subscriptions = {"one": {"a", "b", "new"}, "two": {"a", "b"}}
    assert given({"a", "b", "new"}, subscriptions) == ({"a", "b"}, set())


def test_topics_that_the_metadata_does_not_have_are_left_out() -> None:
    assert given({"a"}, {"one": {"a", "b"}, "two": {"a", "b"}}) == ({"a"}, {"b"})


def test_lanes_do_not_move_again_for_the_topic_of_the_leader() -> None:
    assert given({"a"}, {"one": {"a", "leader", "changelog"}}) == ({"a"}, {"changelog"})


def test_lane_i_has_one_worker_however_many_lanes_a_topic_has() -> None:
    has = {"narrow": 1, "right": LANES, "wide": LANES + 2, "changelog": LANES, "leader": 1}
    workers = {name: assignor_of({"narrow", "right", "wide"}, f"http://{name}/") for name in "abc"}
    for _ in range(3):
        members = {name: worker.metadata(set(has)) for name, worker in workers.items()}
        given = workers["a"].assign(cluster_of(has), members)
        for name, worker in workers.items():
            worker.on_assignment(given[name])
        lanes = {name: dict(one.assignment) for name, one in given.items()}
        for of in lanes.values():
            assert of["wide"] == of["right"] == of["changelog"]
            assert of["narrow"] == [lane for lane in of["right"] if lane < 1]
        for topic, all_lanes in [("right", range(LANES)), ("narrow", [0]), ("leader", [0])]:
            assert sorted(lane for of in lanes.values() for lane in of[topic]) == [*all_lanes]
