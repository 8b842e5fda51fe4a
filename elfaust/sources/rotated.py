"""By what rotated files are known: opened once, for their names move, and marked by what stays.

The number on the disk is not enough: that of a file that was removed is used again at once.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import stat
from pathlib import Path

from elfaust.quiet import OnceAMinute

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute())

#: Bytes at its beginning by which a file is known, with its number on the disk.
MARK_BYTES = 256


def number(path: Path) -> int:
    """Return the digits of a name: of two files of one time, the higher number is the older."""
    return int(re.sub("[^0-9]", "", path.name))


def open_file(path: Path) -> int | None:
    """Open a file, None where there is none that can be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            log.error("%s cannot be read: %s", path, error)
        return None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        log.error("%s cannot be read: it is no file", path)
        os.close(handle)
        return None
    return handle


def open_same(path: Path, status: os.stat_result) -> int | None:
    """Open a file that was listed, None where its name is another's now."""
    handle = open_file(path)
    if handle is not None and inode(os.fstat(handle)) != inode(status):
        os.close(handle)
        return None
    return handle


def marks_of(files: list[tuple[Path, os.stat_result]]) -> list[str]:
    """Return by what files are known though they are renamed and grow."""
    marks = []
    for path, status in files:
        if status.st_size and (handle := open_same(path, status)) is not None:
            marks.append(mark_of(handle))
            os.close(handle)
    return marks


def mark_of(handle: int, size: int = MARK_BYTES) -> str:
    """Return by what an open file is known though it is renamed and grows."""
    data = os.pread(handle, size, 0)
    digest = hashlib.sha256(data).hexdigest()[:16]
    return f"{inode(os.fstat(handle))}:{len(data)}:{digest}"


def is_one_of(handle: int, marks: list[str]) -> bool:
    """Tell whether an open file has one of the marks; that of an empty file says nothing."""
    own = inode(os.fstat(handle))
    sizes = {int(mark.split(":")[2]) for mark in marks if inode_of(mark) == own}
    return any(mark_of(handle, size) in marks for size in sizes if size)


def inode_of(mark: str) -> str:
    """Return the number on the disk that is in a mark."""
    return ":".join(mark.split(":")[:2])


def inodes(beside: list[tuple[Path, os.stat_result]]) -> set[str]:
    """Return the numbers of files on the disk."""
    return {inode(status) for _, status in beside}


def inode(status: os.stat_result) -> str:
    """Return a file's number on the disk, and the disk's."""
    return f"{status.st_dev}:{status.st_ino}"
