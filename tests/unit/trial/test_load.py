"""Load keeps its rate by a schedule, and counts how long late lines have waited."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.trial.load import Latencies, Load
from elfaust.trial.targets import Line

LINE = Line("client", b"")


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(asyncio, "sleep", self.sleep)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class Slow:
    """A target that takes so many seconds for each call."""

    together, at_once = 50, 1

    def __init__(self, clock: Clock, seconds: float, outcome: str = "acknowledged") -> None:
        self._clock, self._seconds, self._outcome = clock, seconds, outcome
        self.calls: list[tuple[float, int]] = []

    async def send(self, lines: Sequence[Line]) -> str:
        self.calls.append((self._clock.now, len(lines)))
        self._clock.now += self._seconds
        return self._outcome


def loaded(clock: Clock, target: Slow, rate: float, seconds: float) -> Load:
    load = Load(repeat(LINE), rate, seconds, clock)
    asyncio.run(load.run(target))
    return load


def test_each_line_is_sent_when_it_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    target = Slow(clock, 0.001)
    found = loaded(clock, target, 100, 2).as_object()
    assert (found["due"], found["sent"], found["acknowledged"]) == (200, 200, 200)
    assert found["seconds"] == pytest.approx(1.99, abs=0.01)
    assert found["latency_ms"]["max"] < 2.5
    assert all(number == 1 for _, number in target.calls)


def test_a_pause_of_the_target_is_made_up_for_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    class Pausing(Slow):
        async def send(self, lines: Sequence[Line]) -> str:
            if len(self.calls) == 100:
                clock.now += 0.5
            return await super().send(lines)

    load = loaded(clock, Pausing(clock, 0.001), 100, 2)
    assert load.taken == 200
    # Half a second long lines came due that all waited, on average half of that.
    assert load.latencies.longest == pytest.approx(0.5, abs=0.02)
    late = load.latencies.percentile(0.9)
    assert late is not None
    assert 0.2 < late < 0.35


def test_what_a_slow_target_does_not_take_in_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    found = loaded(clock, Slow(clock, 1.0), 1_000, 1).as_object()
    assert found["sent"] == 1 + 50 * 3
    assert found["not_sent"] == 1_000 - found["sent"]


def test_what_is_refused_has_no_latency(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    found = loaded(clock, Slow(clock, 0.001, "503"), 10, 1).as_object()
    assert (found["acknowledged"], found["outcomes"]) == (0, {"503": 10})
    assert found["latency_ms"] == {"p50": None, "p95": None, "p99": None, "max": None}


def test_many_calls_at_once_share_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = asyncio.Semaphore(0)

    class Waiting(Slow):
        together, at_once = 1, 20

        async def send(self, lines: Sequence[Line]) -> str:
            self.calls.append((0.0, len(lines)))
            if len(self.calls) == 20:
                for _ in range(20):
                    seen.release()
            await seen.acquire()
            return "204"

    clock = Clock(monkeypatch)
    load = Load(repeat(LINE), 1e9, 20e-9, clock)
    asyncio.run(load.run(Waiting(clock, 0)))
    assert load.outcomes == {"204": 20}


@given(st.lists(st.floats(1e-5, 100), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 1]))
def test_a_percentile_is_right_to_two_in_a_hundred(seconds: list[float], part: float) -> None:
    latencies = Latencies()
    for one in seconds:
        latencies.add(one)
    ranked = sorted(seconds)
    exact = ranked[max(0, -(-int(part * 1000 * len(ranked)) // 1000) - 1)]
    found = latencies.percentile(part)
    assert found is not None
    assert exact * 0.999 <= found <= exact * 1.021
