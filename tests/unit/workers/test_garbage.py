from __future__ import annotations

import gc
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, cast

from elfaust.workers.garbage import EACH_SECONDS, collect_each_minute
from elfaust.workers.worker import Worker


class Timers:
    """A worker that only has timers."""

    def __init__(self) -> None:
        self.of: dict[float, Callable[[], Awaitable[None]]] = {}

    def timer(self, seconds: float) -> Callable[[Any], None]:
        return lambda work: self.of.update({seconds: work})


async def test_a_cycle_is_gone_after_a_minute_however_old_it_is() -> None:
    class Cycle:
        """Refers to itself."""

    timers = Timers()
    collect_each_minute(cast("Worker", timers))
    cycle: Any = Cycle()
    cycle.me, seen = cycle, weakref.ref(cycle)
    gc.collect()
    gc.disable()
    try:
        del cycle
        assert seen() is not None
        await timers.of[EACH_SECONDS]()
        assert seen() is None
    finally:
        gc.enable()
