"""Groups that wait by themselves: which lanes are held, and when they are tried again."""

from __future__ import annotations

from itertools import pairwise

import pytest

from elfaust.errors import TableLocked
from elfaust.sinks import held as module
from elfaust.sinks.held import SPACING, TRY_SECONDS, HeldGroups, Lane


class Groups(HeldGroups):
    """Groups whose time is set by hand, and which note when they hold and release what."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.log = 1_000.0, list[tuple[float, str, bool]]()
        monkeypatch.setattr(module, "monotonic", lambda: self.now)
        super().__init__(self.note)

    async def note(self, lanes: set[Lane], held: bool) -> None:
        self.log += [(self.now, f"{topic}/{lane}", held) for topic, lane in sorted(lanes)]

    async def fail(self, group: str, took: float = 0.0) -> None:
        self.now += took
        await self.hold(group, {(group, 0)}, TableLocked(group, "Lock wait timeout"), took)


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> Groups:
    return Groups(monkeypatch)


async def test_a_group_waits_until_it_is_tried_and_goes_on_when_it_was_written(
    groups: Groups,
) -> None:
    await groups.fail("a")
    await groups.shed("a", ("a", 1))
    assert (groups.waits("a"), groups.is_tried("a"), groups.waits("b")) == (True, False, False)
    await groups.release_due()
    assert groups.waits("a")
    groups.now += TRY_SECONDS
    await groups.release_due()
    assert (groups.waits("a"), groups.is_tried("a")) == (False, True)
    assert [what for _, what, held in groups.log if not held] == ["a/0", "a/1"]
    # It is told until it is written.
    assert groups.reasons == ["table a is locked, its events wait: Lock wait timeout"]
    groups.goes_on("a")
    assert (groups.reasons, groups.is_tried("a")) == ([], False)


async def test_groups_that_are_slow_to_fail_are_tried_in_turn_and_far_apart(groups: Groups) -> None:
    for group, took in (("a", 3.0), ("b", 3.0), ("quick", 0.0)):
        await groups.fail(group, took)
    released: dict[str, list[float]] = {"a": [], "b": [], "quick": []}
    while groups.now < 1_200:
        groups.log.clear()
        await groups.release_due()
        for when, what, held in list(groups.log):
            if not held:
                group = what.partition("/")[0]
                released[group].append(when)
                await groups.fail(group, 0.0 if group == "quick" else 3.0)
        groups.now += 0.25
    slow = sorted(released["a"] + released["b"])
    assert min(later - one for one, later in pairwise(slow)) >= (1 + SPACING) * 3
    assert abs(len(released["a"]) - len(released["b"])) <= 1
    assert max(later - one for one, later in pairwise(released["quick"])) <= TRY_SECONDS + 4


async def test_one_group_that_is_slow_to_fail_is_tried_within_fifteen_seconds(
    groups: Groups,
) -> None:
    await groups.fail("a", 3.0)
    ended = groups.now
    for _ in range(5):
        groups.log.clear()
        while not groups.is_tried("a"):
            groups.now += 0.25
            await groups.release_due()
        assert groups.now - ended <= 15
        await groups.fail("a", 3.0)
        ended = groups.now


async def test_nothing_is_held_once_the_lanes_have_moved(groups: Groups) -> None:
    await groups.fail("a")
    groups.clear()
    assert (groups.reasons, groups.waits("a")) == ([], False)
