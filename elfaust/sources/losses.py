"""How many datagrams are lost, and when the last was: an hour later too, whatever has ended since.

The numbers are in a file of fixed length that is written in place, for the disk may be full.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from elfaust.quiet import OnceAMinute

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

#: Seconds after which a successor does not count what was lost before it.
KEEP_SECONDS = 3600.0
LOOK_SECONDS = 1.0
FILE_BYTES = 512


class Losses:
    """Adds what a process loses, by who loses it, to what its predecessors have lost.

    `clock` gives Unix seconds. A disk that takes nothing is only told of.
    """

    def __init__(
        self,
        file: Path,
        lost: Callable[[], Mapping[str, int]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._file = file
        self._lost = lost
        self._clock = clock
        self._before, self._at = self._read()
        self._seen: dict[str, int] = {}
        self._save()

    @property
    def counts(self) -> dict[str, int]:
        """How many are lost."""
        return {by: self._before.get(by, 0) + n for by, n in self._lost().items()}

    @property
    def times(self) -> dict[str, float]:
        """When the last was lost, Unix seconds; 0 for never."""
        self.look()
        return {by: self._at.get(by, 0.0) for by in self._lost()}

    def look(self) -> None:
        """Note what was lost since the last look."""
        now = self._lost()
        risen = [by for by, number in now.items() if number > self._seen.get(by, 0)]
        self._seen = dict(now)
        if risen:
            self._at |= dict.fromkeys(risen, self._clock())
            self._save()

    async def run(self) -> None:
        """Look again and again, until cancelled: a process may be killed."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)

    def _read(self) -> tuple[dict[str, int], dict[str, float]]:
        try:
            found = json.loads(self._file.read_bytes())
            late = {by: float(at) for by, (_, at) in found.items()}
            counts = {by: int(number) for by, (number, _) in found.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}, {}
        kept = [by for by, at in late.items() if self._clock() - at < KEEP_SECONDS]
        return {by: counts[by] for by in kept}, {by: late[by] for by in kept}

    def _save(self) -> None:
        text = json.dumps({by: (self.counts.get(by, 0), at) for by, at in self._at.items()})
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.touch()
            with self._file.open("r+b") as file:
                file.write(text.encode().ljust(FILE_BYTES))
        except OSError as error:
            log.warning("How many datagrams were lost is forgotten at a restart: %s", error)
