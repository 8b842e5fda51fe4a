"""Fingerprints of files that are renamed and grow: device, inode, and a digest of the beginning.

The inode alone is not enough: that of a file that was removed is used again at once.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from pathlib import Path

from elfaust.quiet import OnceAMinute

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute())

#: Bytes at a file's beginning that its digest covers, or all of a shorter file.
DIGEST_BYTES = 256


def open_file(path: Path) -> int | None:
    """Open a file to be read; None where there is none that can be read, for a logged reason."""
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
    """Open a file that was listed; None where its name belongs to another file by this time."""
    handle = open_file(path)
    if handle is not None and inode(os.fstat(handle)) != inode(status):
        os.close(handle)
        return None
    return handle


def fingerprint(handle: int, size: int = DIGEST_BYTES) -> str:
    """Return an open file's fingerprint: inode, number of bytes digested, digest."""
    data = os.pread(handle, size, 0)
    digest = hashlib.sha256(data).hexdigest()[:16]
    return f"{inode(os.fstat(handle))}:{len(data)}:{digest}"


def is_one_of(handle: int, fingerprints: list[str]) -> bool:
    """Return whether an open file has one of the fingerprints; an empty file has none."""
    own = inode(os.fstat(handle))
    sizes = {int(one.split(":")[2]) for one in fingerprints if inode_of(one) == own}
    return any(fingerprint(handle, size) in fingerprints for size in sizes if size)


def inode_of(fingerprint: str) -> str:
    """Return the inode in a fingerprint, as `inode` has it."""
    return ":".join(fingerprint.split(":")[:2])


def inode(status: os.stat_result) -> str:
    """Return a file's device and inode as text."""
    return f"{status.st_dev}:{status.st_ino}"
