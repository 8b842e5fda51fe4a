"""What sources that cannot be read twice have in common: their lines are spooled first."""

from __future__ import annotations

from elfaust.sources.base import LineSource, Start
from elfaust.sources.checkpoint import Checkpoint
from elfaust.sources.lines import Reading
from elfaust.sources.spool import Spool


class SpooledSource(LineSource):
    """A source whose lines are read from a spool; a subclass fills it and defines `ended`."""

    keeps_identity = True

    def __init__(self, name: str, spool: Spool) -> None:
        self.name = name
        self._spool = spool

    def begin(self, known: Checkpoint | None) -> Start:
        """Return where to go on."""
        if known is None or known.identity != self._spool.identity:
            # A disk that was full may never have taken a checkpoint of what was sent.
            return Start(Checkpoint(self._spool.identity), self._spool.end > 0)
        self._spool.skip_to(known.position)
        return Start(known, True)

    def read(self, checkpoint: Checkpoint, size: int) -> Reading:
        """Read lines from the spool."""
        return self._spool.read(checkpoint.position, checkpoint.inside, size)

    def unsent(self, position: int) -> int:
        """Return how many bytes of the spool are behind a position."""
        return max(0, self._spool.end - position)

    def forget(self, position: int) -> None:
        """Remove what is before a position from the disk."""
        self._spool.forget(position)

    def close(self) -> None:
        """Close the spool."""
        self._spool.close()
