"""What sources that cannot be read twice have in common: their lines are spooled first."""

from __future__ import annotations

from pathlib import Path

from elfaust.settings import Forwarder
from elfaust.sources.base import LineSource, Start
from elfaust.sources.checkpoint import Checkpoint
from elfaust.sources.lines import Reading
from elfaust.sources.spool import Spool


class SpooledSource(LineSource):
    """A source whose lines are read from a spool; a subclass fills it and defines `ended`."""

    keeps_identity = True

    def __init__(self, name: str, settings: Forwarder, folder: Path) -> None:
        """Open the spool of a name below a folder."""
        self.name = name
        self._spool = Spool(folder / settings.spool / name)

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

    def forget(self, position: int) -> None:
        """Remove what is before a position from the disk."""
        self._spool.forget(position)

    def close(self) -> None:
        """Close the spool."""
        self._spool.close()
