from __future__ import annotations

from faust.types import TP

from elfaust.graphite.turn import Turn

FIRST, OTHER = TP("t", 0), TP("t", 1)


def test_a_turn_lasts_while_lane_0_comes_again_in_each_generation() -> None:
    turn, numbers = Turn(), []
    for lane, generation in (
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
        turn.assigned({lane}, generation)
        numbers.append(turn.number)
    assert numbers == [0, 1, 1, 1, 2, 2, 3, 4]
