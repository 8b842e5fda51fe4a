"""The files beside a log: what it was renamed or copied to when it was rotated.

Files may be renamed while they are listed, so each is opened once and recognised by what stays.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from elfaust.sources.checkpoint import Checkpoint
from elfaust.sources.fingerprints import (
    fingerprint,
    inode,
    inode_of,
    is_one_of,
    open_file,
    open_same,
)

#: Fingerprints of files that were read which a checkpoint keeps though the files are gone.
MOST_FINGERPRINTS = 500
#: Repetitions of a search while files are renamed all the time.
MOST_TRIES = 100

Found = TypeVar("Found")


class RotatedFiles:
    """Finds the files that a log was rotated to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pattern = re.compile(re.escape(path.name) + r"[.-][0-9][0-9_.-]*\Z")

    def beside(self) -> list[tuple[Path, os.stat_result]]:
        """Return the rotated files, the one that was written last at the end."""
        found = []
        for path in self._path.parent.iterdir():
            if self._pattern.match(path.name):
                with suppress(FileNotFoundError):
                    found.append((path, path.stat()))
        regular = (one for one in found if stat.S_ISREG(one[1].st_mode))
        return sorted(regular, key=lambda one: (one[1].st_mtime_ns, -_number(one[0])))

    def fingerprints(self) -> list[str]:
        """Return the fingerprints of all rotated files."""
        found = []
        for path, status in self.beside():
            if status.st_size and (handle := open_same(path, status)) is not None:
                found.append(fingerprint(handle))
                os.close(handle)
        return found

    def find(self, known: Checkpoint) -> int | None:
        """Open the file of a checkpoint, the log or one beside it; None where it is gone."""
        return self._steadily(lambda: self._find(known))

    def _find(self, known: Checkpoint) -> int | None:
        files = [*self._log(), *self.beside()]
        same = [path for path, status in files if inode(status) == known.inode]
        alike = [path for path, status in files if known.position or not known.inode]
        for path in same + alike:
            if (handle := open_file(path)) is not None:
                own = inode(os.fstat(handle))
                new = own == known.inode or not is_one_of(handle, known.before)
                if new and known.is_of(handle):
                    return handle
                os.close(handle)
        return None

    def _log(self) -> list[tuple[Path, os.stat_result]]:
        try:
            return [(self._path, self._path.stat())]
        except OSError:
            return []

    def unread_copy(self, before: list[str]) -> int | None:
        """Open the oldest rotated file that is none of those before; None where there is none."""
        for path, status in self.beside():
            if status.st_size and (handle := open_same(path, status)) is not None:
                if not is_one_of(handle, before):
                    return handle
                os.close(handle)
        return None

    def passed(self, known: Checkpoint) -> list[str]:
        """Return the fingerprints of what came before a checkpoint's file and of its copies."""
        return self._steadily(lambda: known.before + self._copies(known))

    def _copies(self, known: Checkpoint) -> list[str]:
        copies = []
        for path, _ in self.beside():
            if (handle := open_file(path)) is not None:
                if known.begins(handle):
                    copies.append(fingerprint(handle))
                os.close(handle)
        return copies

    def still_useful(self, fingerprints: list[str]) -> list[str]:
        """Return the fingerprints that a checkpoint still needs, in their order."""
        if len(fingerprints) <= MOST_FINGERPRINTS:
            return fingerprints
        # A file that is renamed meanwhile may be left out of a listing.
        here = {inode(status) for _, status in self.beside()}
        late = set(fingerprints[-MOST_FINGERPRINTS // 2 :])
        return [one for one in fingerprints if one in late or inode_of(one) in here]

    def _steadily(self, search: Callable[[], Found]) -> Found:
        """Search again where files were renamed meanwhile, for a listing may have missed one."""
        for _ in range(MOST_TRIES):
            before, found = self._names(), search()
            # A handle is the right one whatever was renamed.
            if isinstance(found, int) or self._names() == before:
                break
        return found

    def _names(self) -> set[tuple[Path, str]]:
        return {(path, inode(status)) for path, status in self.beside()}


def _number(path: Path) -> int:
    """Return the digits of a name: of two files of one time, the higher number is the older."""
    return int(re.sub("[^0-9]", "", path.name))
