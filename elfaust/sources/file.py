"""The lines of a file that may be rotated or cut while it is read, or while nobody reads it.

A file is read through its open handle to its end, even when it is renamed or removed. Then the
files that have taken its place are read, the oldest first, each as a source of its own. The rest of
a file that was cut is looked for in a copy beside it. Where there is no copy, the file begins again
as another source.
"""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from time import monotonic

from elfaust.errors import SettingsError
from elfaust.quiet import OnceAMinute
from elfaust.sources.base import LineSource, Start
from elfaust.sources.checkpoint import Checkpoint, Marks, mark
from elfaust.sources.fingerprints import fingerprint, inode, is_one_of, open_file, open_same
from elfaust.sources.lines import LONGEST_LINE, Reading, Stretch, read_lines
from elfaust.sources.rotated import RotatedFiles

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute())


class FileSource(LineSource):
    """The lines in a file and in the files that take its place."""

    def __init__(self, path: Path, follow: bool, rotate_seconds: float) -> None:
        """Read the file of a path; with `follow`, wait for more lines at its end."""
        self._path = path.parent.resolve() / path.name
        digest = hashlib.sha256(str(self._path).encode()).hexdigest()
        self.name = f"{path.name}-{digest[:12]}"
        self._rotated = RotatedFiles(self._path)
        self._follow = follow
        self._wait = rotate_seconds if follow else 0.0
        self._handle = -1
        #: The file's size, and since when it has been of that size and without its name, seconds.
        self._size, self._quiet = 0, 0.0
        #: Whether nothing more will be written to the open file.
        self._over = False
        self._marks = Marks()
        self._ended = self._stopped = False

    @property
    def ended(self) -> bool:
        """Whether the end of a file that is not followed was reached."""
        return self._ended

    @property
    def stopped(self) -> bool:
        """Whether the rest is left to the next start: it stays in the file."""
        return self._stopped

    def stop(self) -> None:
        """Leave the rest to the next start."""
        self._stopped = True

    def begin(self, known: Checkpoint | None) -> Start:
        """Open the file of a checkpoint, or one that follows it.

        Raises SettingsError when there is none that can be read.
        """
        if known and self._take_found(known):
            return Start(known, True)
        if known:
            log.error(
                "%s is not the file it was, nor is one beside it: whatever came after its byte %d "
                "and was not read is lost",
                *(self._path, known.position),
            )
        passed = known and known.inode
        before = self._rotated.passed(known) if known and passed else self._rotated.fingerprints()
        begun = self._next(before)
        if begun is None:
            raise SettingsError(f"forwarder.source: there is no file {self._path} to be read")
        return Start(begun, False)

    def read(self, checkpoint: Checkpoint, size: int) -> Reading:
        """Read lines from a checkpoint's position on; none where the file is not what it was."""
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
        """Return bytes of the open file; see `Bytes`."""
        data = os.pread(self._handle, size, position)
        return Stretch(position, data, self._over and len(data) < size)

    def note(self, checkpoint: Checkpoint) -> None:
        """Add to a checkpoint by what its file is recognised, as it was when it was read."""
        checkpoint.note(self._marks)

    def after(self, checkpoint: Checkpoint) -> Checkpoint | None:
        """Return where to go on: in the same file, in its copy, or in the one that follows."""
        if not checkpoint.is_of(self._handle):
            return self._after_cut(checkpoint)
        if (copy := self._copy(checkpoint)) is not None:
            checkpoint.inode = self._take(copy)
            return checkpoint
        named = self._is_named()
        if named and not self._follow:
            self._ended = True
        # Asked while it is named too: the time counts from the rename, not from the last line.
        quiet = self._is_quiet(named)
        if named or not quiet:
            return None
        if not self._over:
            # Its last bytes are a line, though they have no newline.
            self._over = True
            return checkpoint
        return self._next([*checkpoint.before, fingerprint(self._handle)], checkpoint)

    def close(self) -> None:
        """Close the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _take(self, handle: int) -> str:
        """Read from this handle from now on; return its inode."""
        self.close()
        self._handle, self._over, self._marks = handle, not self._follow, Marks()
        status = os.fstat(handle)
        self._size, self._quiet = status.st_size, monotonic()
        return inode(status)

    def _take_found(self, known: Checkpoint) -> bool:
        handle = self._rotated.find(known)
        if handle is not None:
            known.inode = self._take(handle)
        return handle is not None

    def _copy(self, checkpoint: Checkpoint) -> int | None:
        """Open the copy of a file that may have been cut before anything of it was read."""
        if checkpoint.position or not self._is_named():
            return None
        return self._rotated.unread_copy(checkpoint.before)

    def _is_quiet(self, named: bool) -> bool:
        size, now = os.fstat(self._handle).st_size, monotonic()
        if named or size != self._size:
            self._size, self._quiet = size, now
        return now - self._quiet >= self._wait

    def _is_named(self) -> bool:
        """Return whether the path names the open file, or nothing that can be read."""
        try:
            status = self._path.stat()
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                log.error("%s cannot be read: %s", self._path, error)
            return True
        return inode(status) == inode(os.fstat(self._handle))

    def _is_backup(self, handle: int) -> bool:
        """Return whether a file is a copy that somebody made of the open one, which was not cut."""
        if self._handle < 0:
            return False
        status, own = os.fstat(handle), os.fstat(self._handle)
        return status.st_mtime_ns < own.st_mtime_ns and all(
            os.pread(handle, size, start) == os.pread(self._handle, size, start)
            for start in range(0, status.st_size, LONGEST_LINE)
            for size in (min(LONGEST_LINE, status.st_size - start),)
        )

    def _next(self, before: list[str], read: Checkpoint | None = None) -> Checkpoint | None:
        """Open what was written after the files `before`, the oldest first; None: nothing is there.

        Where the file that was `read` is a copy of one that has not been cut yet, that is read on.
        """
        # Opened first: a file that is rotated after this is found beside it.
        handle, known = open_file(self._path), before
        for path, status in self._rotated.beside():
            # One that is empty may be a copy that is being made.
            older = open_same(path, status) if status.st_size else None
            if older is not None and not is_one_of(older, before):
                if not self._is_backup(older):
                    if handle is not None:
                        os.close(handle)
                    return self._begun(older, before)
                known = [*known, fingerprint(older)]
            if older is not None:
                os.close(older)
        if handle is None:
            return None
        if read and read.position and read.is_of(handle):
            read.inode, read.before = self._take(handle), self._rotated.still_useful(known)
            return read
        return self._begun(handle, known)

    def _begun(self, handle: int, before: list[str]) -> Checkpoint:
        return Checkpoint(inode=self._take(handle), before=self._rotated.still_useful(before))

    def _after_cut(self, checkpoint: Checkpoint) -> Checkpoint | None:
        if self._take_found(checkpoint):
            log.info("%s was cut: the rest of it is read from its copy", self._path)
            return checkpoint
        log.error(
            "%s was cut or overwritten after byte %d had been read: whatever it had after that "
            "byte and was not read is lost",
            *(self._path, checkpoint.position),
        )
        return self._next(self._rotated.passed(checkpoint))
