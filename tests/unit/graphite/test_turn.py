from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from faust.types import TP

from elfaust.graphite.turn import Turn, has_first, turn_of

FIRST, OTHER = True, False


def test_a_turn_lasts_while_a_member_gets_lane_0_each_time() -> None:
    turn, numbers = Turn(), []
    for has_lane_0, member in (
        (OTHER, "a"),
        (FIRST, "a"),
        (FIRST, "a"),
        (OTHER, "a"),
        (FIRST, "a"),
        (FIRST, "a"),
        # The group had given it up.
        (FIRST, "b"),
    ):
        turn.assigned(has_lane_0, member)
        numbers.append(turn.number)
    assert numbers == [0, 1, 1, 1, 2, 2, 3]


def test_whose_turn_it_is_has_nothing_to_do_with_who_leads_the_group() -> None:
    events, leader = [TP("events", 0), TP("events", 1)], TP("app-__assignor-__leader", 0)
    handlers: list[Any] = []
    client = SimpleNamespace(_coordinator=SimpleNamespace(member_id="a"))
    worker: Any = SimpleNamespace(
        is_batched=lambda topic: topic == "events",
        consumer=SimpleNamespace(thread=SimpleNamespace(client=client)),
        on_partitions_assigned=SimpleNamespace(connect=lambda to, **_: handlers.append(to)),
    )
    assert not has_first(worker, {leader, events[1]})
    assert has_first(worker, set(events))
    turn = turn_of(worker)
    [assigned] = handlers
    asyncio.run(assigned(worker, {leader, events[1]}))
    assert turn.number == 0
    asyncio.run(assigned(worker, set(events)))
    assert turn.number == 1
