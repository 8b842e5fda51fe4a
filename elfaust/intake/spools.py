"""The spools of an intake: one that is new with each process, and those that others have left.

A folder that was copied, restored or shared would have positions come again that Kafka knows of
other lines. So no process appends to what another has begun. What is in a spool keeps its
positions, and is in Kafka once however often, and by whomever, it is sent.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from elfaust.sources.spool import Spool, sync
from elfaust.sources.spooled import SpooledSource

NAME = re.compile(r"[0-9a-f]{12}")


class SpoolFolder:
    """The folder of a spool, which no other process forwards meanwhile."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.path = folder
        self._lock = lock
        self.spool = Spool(folder)

    @classmethod
    def made_in(cls, parent: Path) -> Self:
        """Make one. Raises OSError where the disk takes none."""
        name = secrets.token_hex(6)
        hidden, folder = parent / f".new-{name}", parent / name
        hidden.mkdir(parents=True)
        # Hidden until it is locked: another process takes what is not for left.
        lock = _locked(hidden)
        assert lock is not None
        hidden.rename(folder)
        try:
            made = cls(folder, lock)
            sync([folder / "identity", folder, parent, *parent.parents[:2]])
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)
            raise
        return made

    @classmethod
    def left_in(cls, parent: Path) -> Iterator[Self]:
        """Return those whose processes have ended."""
        for folder in sorted(parent.glob("*")):
            if folder.is_dir() and (lock := _locked(folder)) is not None:
                # Where there is no identity there are no lines either.
                if NAME.fullmatch(folder.name) and (folder / "identity").is_file():
                    yield cls(folder, lock)
                else:
                    shutil.rmtree(folder, ignore_errors=True)
                    os.close(lock)

    def source(self, *, ended: bool) -> SpoolSource:
        """Return what a forwarder reads; it has ended, or does so when it is stopped."""
        return SpoolSource(self.spool, ended)

    def remove(self) -> None:
        """Remove it: all of it is in Kafka."""
        self.spool.close()
        hidden = self.path.rename(self.path.with_name(f".gone-{self.path.name}"))
        shutil.rmtree(hidden, ignore_errors=True)
        self.close()

    def close(self) -> None:
        """Leave it to the next process."""
        self.spool.close()
        os.close(self._lock)


class SpoolSource(SpooledSource):
    """The lines of a spool, for a forwarder; they come from elsewhere."""

    def __init__(self, spool: Spool, ended: bool) -> None:
        super().__init__("intake", spool)
        self._ended = ended

    @property
    def ended(self) -> bool:
        """Whether nothing will be appended any more."""
        return self._ended

    def stop(self) -> None:
        """End with what is there."""
        self._ended = True


def _locked(folder: Path) -> int | None:
    """Lock a folder for as long as this process lives; None where another one has it."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        return None
    return opened
