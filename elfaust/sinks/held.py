"""Groups that wait by themselves: their lanes are held, nothing of them waits in memory.

What was delivered of a held lane is dropped and read again from Kafka. Every few seconds a group's
lanes are released, and the batch that comes then is tried: either all goes on, or they are held
again.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, field
from time import monotonic

from elfaust.quiet import OnceAMinute

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute())

#: Seconds between tries of a group.
TRY_SECONDS = 10.0
#: Seconds from which on a try counts as slow: others wait for it, so slow ones are spaced.
SLOW_SECONDS = 0.5
#: How many times its own length a slow try keeps the next slow one away.
SPACING = 4

#: A topic and a lane of it.
Lane = tuple[str, int]
#: Holds or releases (True, False) lanes; what was delivered of them is dropped and comes again.
Hold = Callable[[set[Lane], bool], Awaitable[None]]


@dataclass
class _Held:
    lanes: set[Lane] = field(default_factory=set)
    why: str = ""
    #: When to try again, as `monotonic` has it, and how long the last try took.
    again: float = 0.0
    took: float = 0.0
    #: Whether its lanes are released, so that the next batch is tried.
    tried: bool = False


class HeldGroups:
    """Which groups wait, why, and when they are tried again."""

    def __init__(self, hold: Hold) -> None:
        self._hold = hold
        self._groups: dict[Hashable, _Held] = {}
        self._slow_again = 0.0

    @property
    def reasons(self) -> list[str]:
        """Why groups wait."""
        return [group.why for group in self._groups.values()]

    def waits(self, key: Hashable) -> bool:
        """Tell whether nothing of a group is to be written now."""
        return key in self._groups and not self._groups[key].tried

    def is_tried(self, key: Hashable) -> bool:
        """Tell whether the next batch of a group is to be written at once."""
        return key in self._groups and self._groups[key].tried

    async def hold(
        self, key: Hashable, lanes: Iterable[Lane], error: Exception, took: float
    ) -> None:
        """Hold a group, whose write took so many seconds until it failed."""
        log.error("%s", error)
        group = self._groups.setdefault(key, _Held())
        group.lanes.update(lanes)
        group.why, group.took, group.tried = str(error), took, False
        group.again = monotonic() + TRY_SECONDS
        await self._hold(group.lanes, True)

    async def shed(self, key: Hashable, lane: Lane) -> None:
        """Hold one more lane of a group that waits: a batch of it has come."""
        self._groups[key].lanes.add(lane)
        await self._hold({lane}, True)

    async def release_due(self) -> None:
        """Release the groups whose time has come, of those that are slow to fail one at a time."""
        for group in sorted(self._groups.values(), key=lambda group: group.again):
            now, slow = monotonic(), group.took >= SLOW_SECONDS
            if group.tried or group.again > now or (slow and self._slow_again > now):
                continue
            if slow:
                self._slow_again = now + (1 + SPACING) * group.took
            group.tried = True
            await self._hold(group.lanes, False)

    def goes_on(self, key: Hashable) -> None:
        """Note that a group was written."""
        if group := self._groups.pop(key, None):
            log.info("%s: goes on after: %s", key, group.why)

    def clear(self) -> None:
        """Forget all: the lanes are moving, and come anew."""
        self._groups.clear()
