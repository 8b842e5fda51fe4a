"""What a source of raw lines is to the forwarder: one class for each kind of source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple, Protocol

from elfaust.sources.checkpoint import Checkpoint
from elfaust.sources.lines import Located, Reading


class Start(NamedTuple):
    """Where a source is to be read from."""

    checkpoint: Checkpoint
    #: Whether Kafka may have lines of this source. They are looked up from the checkpoint on.
    sent: bool


class Unspooled(NamedTuple):
    """Lines that are in memory only: a source of their own, which ends with the process."""

    identity: str
    lines: list[Located]
    #: How many of the received datagrams they are.
    pieces: int


class LineSource(Protocol):
    """Lines by position, of which the forwarder sends each once.

    The forwarder calls `begin` and `open` once each. Then it takes turns: `look`, `read` and, where
    `read` has nothing, `after` and `unspooled`. What it has sent it reports by `note` and `forget`.
    It calls `stop` at most once, and `close` when it ends, however it ends. All methods run in the
    event loop's thread and must return soon.

    A subclass has to define `name`, `ended`, `begin`, `read` and `close`. The others do nothing
    unless it defines them.
    """

    #: Whether the source stores its own identity. Then what was sent is found in Kafka without a
    #: checkpoint; otherwise nothing is sent before a checkpoint is on the disk.
    keeps_identity: ClassVar[bool] = False
    #: The name of the checkpoint's file, and part of the name by which Kafka's records say where
    #: they came from. It must be the same after a restart and different for another source.
    name: str

    @property
    def ended(self) -> bool:
        """Whether nothing will come beyond what can be read at this moment.

        It is asked before each turn. The forwarder ends after a turn that found nothing if it was
        true before that turn.
        """

    @property
    def stopped(self) -> bool:
        """Whether the lines not yet sent are left to the next start. They must still exist then.

        A source for which this stays false after `stop` is sent to its end.
        """
        return False

    @property
    def trouble(self) -> str:
        """What waits or was lost, and why; "" where all is well. Shown at `/ready/`."""
        return ""

    @property
    def lost(self) -> Mapping[str, int]:
        """How many datagrams were lost, by who has lost them; counted since the process began."""
        return {"kernel": 0, "spool": 0}

    def unsent(self, position: int) -> int:
        """Return how many bytes that were received wait behind a position, or in memory."""
        return 0

    def begin(self, known: Checkpoint | None) -> Start:
        """Return where to go on from the last checkpoint; it is None where there is none.

        A checkpoint with another identity is another source, whose positions begin again. Raises
        SettingsError when the source does not exist, which ends the worker.
        """

    async def open(self) -> None:
        """Start to receive. Raises OSError when that is impossible, which ends the worker."""
        return

    def look(self) -> None:
        """Do what has to be done from time to time; called at the beginning of each turn.

        What it raises ends the forwarder. The worker's supervisor starts it again.
        """
        return

    def read(self, checkpoint: Checkpoint, size: int) -> Reading:
        """Return the lines of about `size` bytes from the checkpoint's position on.

        The same position and `inside` as the checkpoint's mean that nothing is there. After a
        failure of Kafka the next process reads the same lines at the same positions again.
        """

    def note(self, checkpoint: Checkpoint) -> None:
        """Add what recognises the source to a checkpoint; called before each save."""
        return

    def forget(self, position: int) -> None:
        """Free what is before a position: it is in Kafka. Called after each save."""
        return

    def after(self, checkpoint: Checkpoint) -> Checkpoint | None:
        """Return where to go on when `read` had nothing; None to stay.

        The same object means that there is more to read. Another checkpoint is another source.
        """
        return None

    def unspooled(self, size: int) -> Unspooled | None:
        """Return about `size` bytes of lines that are in memory only; None if there are none."""
        return None

    def sent(self, unspooled: Unspooled) -> None:
        """Drop lines that `unspooled` returned: they are in Kafka."""
        return

    def stop(self) -> None:
        """Receive no more. `ended` or `stopped` becomes true, if need be some time later."""
        return

    def close(self) -> None:
        """Release everything. It is not called twice, and nothing is called after it."""
