"""The file into which a process writes: opened anew when somebody has renamed it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

#: Where Linux says what is open.
OPEN = Path("/proc/self/fd")
STDOUT, STDERR = 1, 2


class LogFile:
    """What stdout and stderr are when this is made: a file, or something that has no name."""

    def __init__(self) -> None:
        self._paths = {fd: path for fd in (STDOUT, STDERR) if (path := _path(fd)) is not None}

    def reopen(self) -> None:
        """Have stdout and stderr go on at the end of the files of the same names.

        Raises OSError where one cannot be opened: what was open stays open.
        """
        for fd, path in self._paths.items():
            opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.dup2(opened, fd)
            finally:
                os.close(opened)


def _path(fd: int) -> str | None:
    try:
        path = str((OPEN / str(fd)).readlink())
        return path if stat.S_ISREG(os.fstat(fd).st_mode) else None
    except OSError:
        return None
