"""The lines of a file, which may be rotated or cut while they are read, or while nobody reads.

A file is read through its open handle to its end, whatever becomes of its name. Then the files that
have taken its place are read, the oldest first, each as a source of its own. A file that was cut is
looked for in a copy beside it; where there is none it begins again, as a source of its own.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TypeVar

from elfaust.errors import SettingsError
from elfaust.quiet import OnceAMinute
from elfaust.sources.base import LONGEST_LINE, Reading, Stretch, read_lines
from elfaust.sources.checkpoint import Checkpoint, Marks, mark
from elfaust.sources.rotated import (
    inode,
    inode_of,
    inodes,
    is_one_of,
    mark_of,
    marks_of,
    number,
    open_file,
    open_same,
)

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute())


#: Marks of files that were read which a checkpoint keeps though there are no such files any more.
MOST_MARKS = 500
#: Searches of files that are renamed all the time.
MOST_TRIES = 100

Found = TypeVar("Found")


class FileSource:
    """What is in a file and in those that take its place."""

    def __init__(self, path: Path, follow: bool, rotate_seconds: float) -> None:
        self._path = path.parent.resolve() / path.name
        self._rotated = re.compile(re.escape(path.name) + r"[.-][0-9][0-9_.-]*\Z")
        self._follow = follow
        self._wait = rotate_seconds if follow else 0.0
        self._handle = -1
        #: Since when the file has been as long as it is and has had no name, seconds.
        self._size, self._quiet = 0, 0.0
        #: Whether no more will be written to the file that is open.
        self._over = False
        self._marks = Marks()
        #: Whether there will be no more lines than there are.
        self.ended = False

    def begin(self, known: Checkpoint | None) -> Checkpoint:
        """Open the file of a checkpoint, or one that follows it; return where to go on.

        Raises SettingsError when there is none that can be read.
        """
        if known and self._calmly(lambda: self._find(known)):
            return known
        if known:
            log.error(
                "%s is not the file it was, nor is one beside it: whatever came after its byte %d "
                "and was not read is lost",
                *(self._path, known.position),
            )
        before = (
            self._calmly(lambda: self._passed(known))
            if known and known.inode
            else self._marks_beside()
        )
        begun = self._next(before)
        if begun is None:
            raise SettingsError(f"forwarder.source: there is no file {self._path} to be read")
        return begun

    def read(self, checkpoint: Checkpoint, size: int) -> Reading:
        """Read lines from a checkpoint's place on; none where the file is not what it was."""
        nothing = Reading([], checkpoint.position, checkpoint.inside)
        if not checkpoint.is_of(self._handle):
            return nothing
        if (copy := self._copy(checkpoint)) is not None:
            os.close(copy)
            return nothing
        reading = read_lines(self, checkpoint.position, checkpoint.inside, size)
        marks = mark(self._handle, reading.position)
        # It may have been cut and written to in between.
        if not checkpoint.is_of(self._handle):
            return nothing
        self._marks = marks
        return reading

    def stretch(self, position: int, size: int) -> Stretch:
        """Return bytes of the file that is open; see `Bytes`."""
        data = os.pread(self._handle, size, position)
        return Stretch(position, data, self._over and len(data) < size)

    def note(self, checkpoint: Checkpoint) -> None:
        """Keep in a checkpoint by what its file is known again, as it was when it was read."""
        checkpoint.note(self._marks)

    def forget(self, position: int) -> None:
        """Leave the file as it is: it is somebody else's."""

    def after(self, checkpoint: Checkpoint) -> Checkpoint | None:
        """Return where to go on when nothing was read; None: where one was."""
        if not checkpoint.is_of(self._handle):
            return self._cut(checkpoint)
        if (copy := self._copy(checkpoint)) is not None:
            checkpoint.inode = self._take(copy)
            return checkpoint
        named = self._is_named()
        if named and not self._follow:
            self.ended = True
        if named or not self._is_quiet(named):
            return None
        if not self._over:
            # What it ends with is a line, though it has no newline.
            self._over = True
            return checkpoint
        return self._next([*checkpoint.before, mark_of(self._handle)], checkpoint)

    def close(self) -> None:
        """Close the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _copy(self, checkpoint: Checkpoint) -> int | None:
        """Open the copy of a file that may have been cut before anything of it was read."""
        if checkpoint.position or not self._is_named():
            return None
        for path, status in self._beside():
            if status.st_size and (handle := open_same(path, status)) is not None:
                if not is_one_of(handle, checkpoint.before):
                    return handle
                os.close(handle)
        return None

    def _is_quiet(self, named: bool) -> bool:
        size, now = os.fstat(self._handle).st_size, monotonic()
        if named or size != self._size:
            self._size, self._quiet = size, now
        return now - self._quiet >= self._wait

    def _is_named(self) -> bool:
        """Tell whether the open file is the one that the path names, or the path names nothing."""
        try:
            status = self._path.stat()
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                log.error("%s cannot be read: %s", self._path, error)
            return True
        return inode(status) == inode(os.fstat(self._handle))

    def _beside(self) -> list[tuple[Path, os.stat_result]]:
        """Return the rotated files, the one that was written last at the end."""
        found = []
        for path in self._path.parent.iterdir():
            if self._rotated.match(path.name):
                with suppress(FileNotFoundError):
                    found.append((path, path.stat()))
        regular = (one for one in found if stat.S_ISREG(one[1].st_mode))
        return sorted(regular, key=lambda one: (one[1].st_mtime_ns, -number(one[0])))

    def _find(self, known: Checkpoint) -> bool:
        """Open the file of a checkpoint: by its number, else by what it begins with."""
        files = [*self._named(), *self._beside()]
        numbered = [path for path, status in files if inode(status) == known.inode]
        alike = [path for path, status in files if known.position or not known.inode]
        for path in numbered + alike:
            if (handle := open_file(path)) is not None:
                own = inode(os.fstat(handle))
                new = own == known.inode or not is_one_of(handle, known.before)
                if new and known.is_of(handle):
                    known.inode = self._take(handle)
                    return True
                os.close(handle)
        return False

    def _named(self) -> list[tuple[Path, os.stat_result]]:
        try:
            return [(self._path, self._path.stat())]
        except OSError:
            return []

    def _marks_beside(self) -> list[str]:
        return marks_of(self._beside())

    def _passed(self, known: Checkpoint) -> list[str]:
        """Return the marks of the files before one that is lost, copies of it among them."""
        copies = []
        for path, _ in self._beside():
            if (handle := open_file(path)) is not None:
                if known.begins(handle):
                    copies.append(mark_of(handle))
                os.close(handle)
        return known.before + copies

    def _is_backup(self, handle: int) -> bool:
        """Tell whether a file is a copy that somebody made of the open one, which was not cut."""
        if self._handle < 0:
            return False
        status, own = os.fstat(handle), os.fstat(self._handle)
        return status.st_mtime_ns < own.st_mtime_ns and all(
            os.pread(handle, size, start) == os.pread(self._handle, size, start)
            for start in range(0, status.st_size, LONGEST_LINE)
            for size in (min(LONGEST_LINE, status.st_size - start),)
        )

    def _next(self, before: list[str], read: Checkpoint | None = None) -> Checkpoint | None:
        """Open what was written after files, the oldest first; None where nothing is there.

        Where a copy was `read` of what has not been cut yet, that is read on.
        """
        # Opened first: what is rotated from now on is found beside it.
        handle, known = open_file(self._path), before
        for path, status in self._beside():
            # One that is empty may be a copy that is being made.
            older = open_same(path, status) if status.st_size else None
            if older is not None and not is_one_of(older, before):
                if not self._is_backup(older):
                    if handle is not None:
                        os.close(handle)
                    return Checkpoint(inode=self._take(older), before=self._still(before))
                known = [*known, mark_of(older)]
            if older is not None:
                os.close(older)
        if handle is None:
            return None
        if read and read.position and read.is_of(handle):
            read.inode, read.before = self._take(handle), self._still(known)
            return read
        return Checkpoint(inode=self._take(handle), before=self._still(known))

    def _still(self, before: list[str]) -> list[str]:
        """Return the marks that are still of use, in their order."""
        if len(before) <= MOST_MARKS:
            return before
        # A file that is renamed meanwhile may be left out of a listing.
        here = inodes(self._beside())
        late = set(before[-MOST_MARKS // 2 :])
        return [mark for mark in before if mark in late or inode_of(mark) in here]

    def _cut(self, checkpoint: Checkpoint) -> Checkpoint | None:
        if self._calmly(lambda: self._find(checkpoint)):
            log.info("%s was cut: the rest of it is read from its copy", self._path)
            return checkpoint
        log.error(
            "%s was cut or written anew after byte %d had been read: whatever it had after that "
            "byte and was not read is lost",
            *(self._path, checkpoint.position),
        )
        return self._next(self._calmly(lambda: self._passed(checkpoint)))

    def _calmly(self, search: Callable[[], Found]) -> Found:
        """Search the rotated files, again where they were renamed meanwhile: one may be missed."""
        for _ in range(MOST_TRIES):
            before, found = self._names(), search()
            if found is True or self._names() == before:
                break
        return found

    def _names(self) -> set[tuple[Path, str]]:
        return {(path, inode(status)) for path, status in self._beside()}

    def _take(self, handle: int) -> str:
        self.close()
        self._handle, self._over, self._marks = handle, not self._follow, Marks()
        status = os.fstat(handle)
        self._size, self._quiet = status.st_size, monotonic()
        return inode(status)
