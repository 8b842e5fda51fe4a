from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from faust.types import TP

from elfaust.graphite.turn import Turn, has_first, turn_of

FIRST, OTHER = True, False


def test_a_turn_lasts_while_lane_0_comes_again_in_each_generation() -> None:
    turn, numbers = Turn(), []
    for has_lane_0, generation in (
        (OTHER, 1),
        (FIRST, 2),
        (FIRST, 3),
        (OTHER, 4),
        (FIRST, 5),
        (FIRST, 6),
        # Of 7 this worker was no member.
        (FIRST, 8),
        # A group that was empty begins anew.
        (FIRST, 1),
    ):
        turn.assigned(has_lane_0, generation)
        numbers.append(turn.number)
    assert numbers == [0, 1, 1, 1, 2, 2, 3, 4]


def test_whose_turn_it_is_has_nothing_to_do_with_who_leads_the_group() -> None:
    events, leader = [TP("events", 0), TP("events", 1)], TP("app-__assignor-__leader", 0)
    handlers: list[Any] = []
    worker: Any = SimpleNamespace(
        is_batched=lambda topic: topic == "events",
        consumer_generation_id=1,
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
