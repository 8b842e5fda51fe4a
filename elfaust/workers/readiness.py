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


def of_server(server: str, error: BaseException) -> str:
    """Return why a server is waited for, which names it once."""
    name = "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
    text = str(error) or name
    return text if text.startswith(server) else f"{server}: {text}"


class Readiness:
    """What keeps a worker from working; nothing does when `waits` is empty."""

    def __init__(self) -> None:
        self._servers: dict[str, Ask] = {}
        self._missing = ""
        self._reports: list[Callable[[], str]] = []
        self._retries: list[Callable[[], bool]] = []
        #: Whether the worker has been given its lanes.
        self.has_lanes = False

    def require_server(self, server: str, ask: Ask) -> None:
        """Have a server asked before the worker begins."""
        self._servers[server] = ask

    def reports(self, away: Callable[[], str]) -> None:
        """Have `away` say later which server does not answer, "" for none."""
        self._reports.append(away)

    def retries(self, failed: Callable[[], bool]) -> None:
        """Have `failed` say whether what a server did not take is tried again."""
        self._retries.append(failed)

    @property
    def is_retrying(self) -> bool:
        """Whether something is tried again that a server did not take."""
        return any(failed() for failed in self._retries)

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
                    self._missing = of_server(server, error)
                    if not told or monotonic() - told >= TELL_SECONDS:
                        told = monotonic()
                        log.warning("Waiting for %s", self._missing)
                await sleep(TRY_SECONDS)
            if told and not over():
                log.info("%s answers.", server)
            self._missing = ""
