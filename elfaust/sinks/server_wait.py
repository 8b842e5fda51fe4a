"""While a sink's server is away: why, when it is asked again, and how seldom the log says so."""

from __future__ import annotations

import logging
from time import monotonic

from elfaust.errors import ServerAway
from elfaust.quiet import OnceAMinute

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute())

#: Most seconds between tries of a server.
AGAIN_SECONDS = 10.0
#: Seconds until the first try of a server that did not answer; each further wait is longer.
SOON_SECONDS = 0.1
#: Seconds between two lines in the log about a server.
TELL_SECONDS = 60.0


class ServerWait:
    """Whether a server may be asked now."""

    def __init__(self) -> None:
        #: Why nothing can be written; "" while the server serves.
        self.blocked_by = ""
        self._retry_at = self._pause = 0.0
        self._reported = -TELL_SECONDS

    @property
    def is_over(self) -> bool:
        """Whether the server may be asked."""
        return self._retry_at <= monotonic()

    @property
    def retries(self) -> bool:
        """Whether the server did not serve when it was last asked."""
        return self._pause > 0

    def begin(self, away: ServerAway) -> None:
        """Wait, longer after each failure; raises `away` where waiting does not help."""
        if not away.retriable:
            raise away
        if self._pause:
            # Once is a deadlock or a connection that had grown old.
            self.blocked_by = str(away)
            if monotonic() - self._reported >= TELL_SECONDS:
                self._reported = monotonic()
                log.warning("%s; events wait", away)
        self._pause = min(AGAIN_SECONDS, 4 * self._pause or SOON_SECONDS)
        self._retry_at = monotonic() + self._pause

    def end(self) -> None:
        """Note that the server serves."""
        if self.blocked_by:
            log.info("Goes on after: %s", self.blocked_by)
        self.blocked_by, self._pause, self._reported = "", 0.0, -TELL_SECONDS
