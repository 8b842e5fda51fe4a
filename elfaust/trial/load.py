"""Load at a rate: each line is due at a time, and late lines count as long as they have waited.

So a target that is too slow is not spared, as it would be if the next line was sent a while after
the one before.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

from elfaust.trial.targets import UNCONFIRMED, Line, Target, is_taken

#: After its time, load goes on for so many seconds with lines that are late.
GRACE_SECONDS = 2.0
#: Latencies are kept in steps of two parts in a hundred; the least is a hundredth of a ms.
STEP, LEAST = math.log(1.02), 1e-5


class Latencies:
    """Seconds from when lines were due until they were answered, to within two in a hundred."""

    def __init__(self) -> None:
        self._steps = Counter[int]()
        self.longest = 0.0

    def add(self, seconds: float, number: int = 1) -> None:
        """Add so many lines of a latency."""
        self._steps[math.ceil(math.log(max(seconds, LEAST) / LEAST) / STEP)] += number
        self.longest = max(self.longest, seconds)

    def percentile(self, part: float) -> float | None:
        """Return what `part` of 1 of the latencies do not exceed, None where there are none."""
        left = part * self._steps.total()
        for step in sorted(self._steps):
            left -= self._steps[step]
            if left <= 0:
                return min(LEAST * math.exp(step * STEP), self.longest)
        return None


class Load:
    """Sends lines to a target at a rate for some seconds, and says how that goes."""

    def __init__(
        self,
        lines: Iterator[Line],
        rate: float,
        seconds: float,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._lines, self._rate, self._clock = lines, rate, clock
        self._seconds = seconds
        self.total = max(1, round(rate * seconds))
        self.outcomes = Counter[str]()
        #: What an intake says of the events, "1" of a valid one and "0" of another, if it judges.
        self.judged = Counter[str]()
        self.latencies = Latencies()
        self._taken = 0
        self._turn = asyncio.Lock()
        self._began = self._ended = clock()

    async def run(self, target: Target) -> None:
        """Send all lines, or those of the time where the target is too slow; raises as it does."""
        self._began = self._clock()
        try:
            await asyncio.gather(*(self._work(target) for _ in range(target.at_once)))
        finally:
            self._ended = self._clock()

    async def _work(self, target: Target) -> None:
        while True:
            # One waits for its turn: all of them would be awake for each line.
            async with self._turn:
                number = await self._due(target.together)
                first = self._taken
                self._taken += number
            if not number:
                return
            batch = [next(self._lines) for _ in range(number)]
            outcome = await target.send(batch)
            self._ended = now = self._clock()
            self.outcomes[outcome] += number
            if is_taken(outcome):
                for n in range(first, first + number):
                    self.latencies.add(now - self._began - n / self._rate)

    async def _due(self, most: int) -> int:
        """Wait until a line is due; return how many are, at most so many, and 0 at the end."""
        while True:
            past = self._clock() - self._began
            if self._taken >= self.total or past > self._seconds + GRACE_SECONDS:
                return 0
            due = min(self.total, math.floor(past * self._rate) + 1) - self._taken
            if due > 0:
                return min(due, most)
            await asyncio.sleep(max(0.0005, self._taken / self._rate - past))

    @property
    def taken(self) -> int:
        """How many lines were sent, and acknowledged where the target says that."""
        return sum(number for outcome, number in self.outcomes.items() if is_taken(outcome))

    def as_object(self) -> dict[str, Any]:
        """Return how it goes as the JSON shape that `--json` prints; latencies are in ms."""
        seconds = max(1e-9, self._ended - self._began)
        sent = self.outcomes.total()
        parts = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
        found = {name: self.latencies.percentile(part) for name, part in parts.items()}
        found["max"] = self.latencies.longest if self.latencies.percentile(1) else None
        return {
            "due": self.total,
            "sent": sent,
            "acknowledged": None if UNCONFIRMED in self.outcomes else self.taken,
            "not_sent": self.total - sent,
            "outcomes": dict(self.outcomes.most_common()),
            **({"judged": self._judged()} if self.judged else {}),
            "seconds": round(seconds, 3),
            "per_second": round(sent / seconds, 1),
            "latency_ms": {
                name: None if of is None else round(of * 1000, 2) for name, of in found.items()
            },
        }

    def _judged(self) -> dict[str, int]:
        return {"valid": self.judged["1"], "not_valid": self.judged["0"]}
