"""What is handed out while lanes move; where lanes are rewound to; lanes that stay together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from faust.types import TP

from elfaust.delivery.thread import ConsumerThread, Fetched, LaneAssignor
from elfaust.settings import Settings

LANE = TP("eventlogging_Edit_1", 0)


class Fetcher:
    """aiokafka's fetcher, which has records once it has been waited for."""

    def __init__(self) -> None:
        self._closed = False
        self._subscriptions = SimpleNamespace(
            fetch_context=nullcontext, reassignment_in_progress=False
        )
        self.asked: list[frozenset[TP]] = []
        self.records: dict[TP, list[int]] = {}

    async def fetched_records(
        self, lanes: frozenset[TP], timeout: float, max_records: int | None
    ) -> dict[TP, list[int]]:
        self.asked.append(lanes)
        return {tp: self.records[tp] for tp in lanes & self.records.keys()}

    def _create_fetch_waiter(self) -> asyncio.Future[None]:
        waiter = asyncio.get_running_loop().create_future()
        self.records[LANE] = [1, 2]
        waiter.set_result(None)
        return waiter


def hand_out(
    fetcher: Fetcher,
    active: set[TP],
    flow: bool = True,
    check_errors: Callable[[], None] = lambda: None,
) -> Fetched:
    thread = ConsumerThread.__new__(ConsumerThread)
    thread.consumer = SimpleNamespace(flow_active=flow)
    coordinator = SimpleNamespace(generation=7, check_errors=check_errors)
    consumer = SimpleNamespace(_fetcher=fetcher, _closed=False, _coordinator=coordinator)
    return asyncio.run(thread._fetch_records(consumer, active, timeout=1.0))


def test_records_are_handed_out_with_their_generation() -> None:
    fetched = hand_out(Fetcher(), {LANE})
    assert fetched == {LANE: [1, 2]}
    assert fetched.generation == 7


def test_an_error_of_the_heartbeat_is_raised() -> None:
    def check_errors() -> None:
        raise KafkaError("Unexpected exception in heartbeat task")

    with pytest.raises(KafkaError, match="heartbeat"):
        hand_out(Fetcher(), {LANE}, check_errors=check_errors)


@pytest.mark.parametrize("state", ["moving", "paused", "stopped"])
def test_nothing_is_handed_out_while_lanes_move(state: str) -> None:
    fetcher = Fetcher()
    fetcher._subscriptions.reassignment_in_progress = state == "moving"
    active = set() if state == "paused" else {LANE}
    assert hand_out(fetcher, active, flow=state != "stopped") == {}
    assert fetcher.asked == []


OTHER, CHANGELOG = TP(LANE.topic, 1), TP("counts-changelog", 0)


def rewound(gone: set[TP]) -> tuple[dict[TP, Any], dict[TP, int]]:
    """Return what is committed and where lanes were rewound to; those in `gone` go meanwhile."""
    sought: dict[TP, int] = {}
    lanes = {LANE, OTHER, CHANGELOG}

    async def committed(_: set[TP]) -> dict[TP, Any]:
        lanes.difference_update(gone)
        return {OTHER: SimpleNamespace(offset=5, metadata="seen 7")}

    async def seek_to_beginning(*lanes: TP) -> None:
        sought.update(dict.fromkeys(lanes, 3))

    thread = ConsumerThread.__new__(ConsumerThread)
    thread.app = SimpleNamespace(is_batched=lambda topic: topic.startswith("eventlogging_"))
    assignment = SimpleNamespace(
        tps=lanes,
        state_value=lambda tp: SimpleNamespace(has_valid_position=True, position=sought[tp]),
    )
    thread._consumer = SimpleNamespace(
        assignment=lanes.copy,
        _subscription=SimpleNamespace(subscription=SimpleNamespace(assignment=assignment)),
        seek_to_beginning=seek_to_beginning,
        _coordinator=SimpleNamespace(fetch_committed_offsets=committed),
        _fetcher=SimpleNamespace(seek_to=sought.__setitem__),
    )
    return dict(asyncio.run(thread._seek_to_committed())), sought


def test_lanes_are_rewound_to_what_is_committed_or_to_their_beginning() -> None:
    going, sought = rewound(set())
    assert (going, sought) == ({LANE: 3, OTHER: 5, CHANGELOG: None}, {LANE: 3, OTHER: 5})
    assert (going[LANE].note, going[OTHER].note) == ("", "seen 7")


def test_lanes_that_go_meanwhile_are_not_rewound() -> None:
    assert rewound({OTHER}) == ({LANE: 3, CHANGELOG: None}, {LANE: 3})
    assert rewound({LANE, OTHER, CHANGELOG}) == ({}, {})


LANES = Settings().topics.lanes


def assignor_of(batched: set[str], url: str = "http://localhost/") -> LaneAssignor:
    tables = SimpleNamespace(changelog_topics={"changelog"}, data={})
    conf = SimpleNamespace(canonical_url=url)
    app = SimpleNamespace(
        tables=tables, conf=conf, settings=Settings(), is_batched=batched.__contains__
    )
    return LaneAssignor(app)


def groups(known: set[str], subscriptions: dict[str, list[str]]) -> tuple[set[str], set[str]]:
    """Return the topics that are assigned and those that are left out."""
    assignor = assignor_of({"a", "b", "new"})
    cluster: Any = SimpleNamespace(
        partitions_for_topic=lambda t: set(range(LANES)) if t in known else None
    )
    topics = set().union(*subscriptions.values())
    found = assignor._get_copartitioned_groups(topics, cluster, subscriptions)
    return {topic for group in found.get(LANES, []) for topic in group}, set(assignor.left_out)


def test_a_topic_waits_until_all_workers_have_subscribed() -> None:
    subscriptions = {"one": ["a", "b", "new"], "two": ["a", "b"]}
    assert groups({"a", "b", "new"}, subscriptions) == ({"a", "b"}, set())


def test_topics_that_the_metadata_does_not_have_are_left_out() -> None:
    assert groups({"a"}, {"one": ["a", "b"], "two": ["a", "b"]}) == ({"a"}, {"b"})


def test_no_lane_is_given_while_the_metadata_do_not_have_a_changelog() -> None:
    subscriptions = {"one": ["a", "changelog"], "two": ["a", "changelog"]}
    assert groups({"a"}, subscriptions) == (set(), {"changelog"})
    assert groups({"a", "changelog"}, subscriptions) == ({"a", "changelog"}, set())


def test_lane_i_has_one_worker_however_many_lanes_a_topic_has() -> None:
    has = {"narrow": 1, "right": LANES, "wide": LANES + 2, "changelog": LANES, "leader": 1}
    cluster: Any = SimpleNamespace(partitions_for_topic=lambda t: set(range(has[t])))
    workers = {name: assignor_of({"narrow", "right", "wide"}, f"http://{name}/") for name in "abc"}
    for _ in range(3):
        members = {name: worker.metadata(set(has)) for name, worker in workers.items()}
        given = workers["a"]._perform_assignment(cluster, members)
        for name, worker in workers.items():
            worker.on_assignment(given[name])
        lanes = {name: dict(one.assignment) for name, one in given.items()}
        for of in lanes.values():
            assert of["wide"] == of["right"] == of["changelog"]
            assert of["narrow"] == [lane for lane in of["right"] if lane < 1]
        for topic, all_lanes in [("right", range(LANES)), ("narrow", [0]), ("leader", [0])]:
            assert sorted(lane for of in lanes.values() for lane in of[topic]) == [*all_lanes]
