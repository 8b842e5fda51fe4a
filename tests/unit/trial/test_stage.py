"""One turn: from when a contender takes lines to its last record, and who is given up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from elfaust.trial import stage
from elfaust.trial.contenders import Running, peer
from elfaust.trial.job import NotLanded
from elfaust.trial.outputs import Outputs
from elfaust.trial.stage import Entry, Moment, Turn, watched
from elfaust.trial.stage_lines import Sent


class Counted(Outputs):
    """Topics in which there is more at each look."""

    def __init__(self, *counts: tuple[int, int]) -> None:
        self._counts = iter(counts)

    async def count(self) -> tuple[int, int]:
        return next(self._counts)


class Process(Running):
    """A process that uses ten CPU seconds by each look before it takes lines, then one."""

    def __init__(self, looks: int) -> None:
        self._takes: Iterator[bool] = iter([False] * looks + [True])
        self._cpu = self._memory = 0

    def takes(self) -> bool:
        self._cpu += 10
        return next(self._takes)

    def cpu(self) -> float:
        return self._cpu

    def memory(self) -> int:
        self._cpu += 1
        self._memory += 100
        return self._memory

    def check(self) -> None:
        pass

    def last_words(self) -> str:
        return "I am stuck"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "START_LOOK_SECONDS", 0)
    monkeypatch.setattr(stage, "LOOK_SECONDS", 0)


def entry() -> Entry:
    return Entry(peer("loop=true"), 10, Sent("raw", 90, 10), [])


async def test_time_runs_from_before_it_takes_lines_to_its_last_record() -> None:
    outputs = Counted((0, 0), (8, 1), (9, 1), (50, 5), (90, 10), (91, 10))
    found = await watched(Process(looks=3), outputs, entry())
    # It takes lines at the fourth look, with 40 s; 30 s were start-up. Five looks at what there is.
    assert found._replace(seconds=0) == Turn(90, 10, 0, Moment(10, 12, 300), Moment(100, 14, 500))
    assert found.cpu_us == 140_000
    assert found.steady_cpu_us == pytest.approx(2e6 / 90)
    assert found.seconds > 0


async def test_one_that_publishes_nothing_more_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(stage, "LOOK_SECONDS", 0.01)
    outputs = Counted(*[(7, 0)] * 1_000)
    with pytest.raises(NotLanded, match=r"loop: 7 lines are done, .* said last: I am stuck"):
        await watched(Process(looks=0), outputs, entry())
