"""What a worker waits for: the servers it asks at its start, and what it says of itself later."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from time import monotonic

log = logging.getLogger(__name__)

#: Seconds between two tries of a server, and between two lines in the log about it.
TRY_SECONDS = 1.0
TELL_SECONDS = 60.0
#: Asks a server; whatever it raises says that the server does not answer.
Ask = Callable[[], Awaitable[object]]


class Readiness:
    """What keeps a worker from working; nothing does when `waits` is empty."""

    def __init__(self) -> None:
        self._servers: dict[str, Ask] = {}
        self._missing = ""
        self._reports: list[Callable[[], str]] = []
        #: Whether the worker has been given its lanes.
        self.has_lanes = False

    def require_server(self, server: str, ask: Ask) -> None:
        """Have a server asked before the worker begins."""
        self._servers[server] = ask

    def reports(self, away: Callable[[], str]) -> None:
        """Have `away` say later which server does not answer, "" for none."""
        self._reports.append(away)

    @property
    def waits(self) -> list[str]:
        """What the worker waits for now."""
        if self._missing:
            return [self._missing]
        waits = [away for report in self._reports if (away := report())]
        return waits if self.has_lanes or waits else ["partitions from Kafka"]

    async def until_all_answer(
        self, sleep: Callable[[float], Awaitable[object]], over: Callable[[], bool]
    ) -> None:
        """Ask the servers, one after the other, until each has answered or `over` says to stop.

        The log tells which one is waited for, once a minute, and when it answers.
        """
        for server, ask in self._servers.items():
            told = 0.0
            while not over():
                try:
                    await ask()
                    break
                except Exception as error:
                    self._missing = f"{server}: {error}"
                    if not told or monotonic() - told >= TELL_SECONDS:
                        told = monotonic()
                        log.warning("Waiting for %s", self._missing)
                await sleep(TRY_SECONDS)
            if told and not over():
                log.info("%s answers.", server)
            self._missing = ""
