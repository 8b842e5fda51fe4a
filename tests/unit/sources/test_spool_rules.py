"""The spool beside a model: every line that it took comes back once, whatever the disk does."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from elfaust.sources import spool as module
from elfaust.sources.lines import Reading
from elfaust.sources.spool import Spool
from tests.unit.sources.spools import read_all

LINE = st.binary(min_size=1, max_size=20).map(lambda line: b"l" + line.replace(b"\n", b"-"))


class FullDisk:
    """A segment's file that takes so many bytes more, then none; or whose truncation fails."""

    def __init__(self, file: Any, room: int, truncates: bool) -> None:
        self._file = file
        self._room = room
        self._truncates = truncates

    def write(self, data: bytes) -> int:
        if not self._room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written: int = self._file.write(data[: self._room])
        self._room -= written
        return written

    def truncate(self, size: int) -> None:
        if not self._truncates:
            raise OSError(errno.EIO, "Input/output error")
        self._file.truncate(size)

    def close(self) -> None:
        self._file.close()


class Spooling(RuleBasedStateMachine):
    """A spool beside the lines that it has taken and that were not read yet."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.unread: list[bytes] = []
        self.place = Reading([], 0)
        self.highest = -1
        self.segment_bytes = module.SEGMENT_BYTES

    @initialize(size=st.integers(1, 60))
    def begin(self, size: int) -> None:
        module.SEGMENT_BYTES = size
        self.spool = Spool(self.folder)

    def teardown(self) -> None:
        module.SEGMENT_BYTES = self.segment_bytes
        self.spool.close()
        shutil.rmtree(self.folder)

    @rule(line=LINE)
    def append(self, line: bytes) -> None:
        self.spool.append(line)
        self.unread.append(line.removesuffix(b"\r"))

    @rule(line=LINE, room=st.integers(0, 30), truncates=st.booleans())
    def append_to_a_full_disk(self, line: bytes, room: int, truncates: bool) -> None:
        self.spool.append(b"opens")
        self.unread.append(b"opens")
        tail: Any = FullDisk(self.spool._tail, room, truncates)
        self.spool._tail = tail
        with suppress(OSError):
            self.spool.append(line)
            self.unread.append(line.removesuffix(b"\r"))
        real: Any = self.spool._tail
        if real is tail:
            self.spool._tail = real._file

    @rule()
    def fail_to_open(self) -> None:
        self.spool.close()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "open", no_room)
            with pytest.raises(OSError, match="No space"):
                self.spool.append(b"never")

    @rule(torn=st.binary(max_size=10).map(lambda part: part.replace(b"\n", b"").strip()))
    def kill(self, torn: bytes) -> None:
        if torn:
            tail, _ = self.spool._open_tail()
            tail.write(b"torn" + torn)
            tail.close()
            self.unread.append(b"torn" + torn)
        elif self.spool._segments:
            last = self.spool._segments[-1]
            os.truncate(last.file, last.size)
        self.spool.close()
        self.spool = Spool(self.folder)
        self.spool.skip_to(self.place.position)

    @rule(size=st.integers(1, 64))
    def read(self, size: int) -> None:
        place = read_all(self.spool, size, self.place)
        assert [line for _, line in place.lines] == self.unread
        for position, _ in place.lines:
            assert position > self.highest
            self.highest = position
        self.place, self.unread = place, []

    @rule(size=st.integers(1, 64))
    def read_once(self, size: int) -> None:
        after = self.spool.read(self.place.position, self.place.inside, size)
        found = [line for _, line in after.lines]
        assert found == self.unread[: len(found)]
        assert found or not self.unread or after.position > self.place.position
        self.highest = max([self.highest, *(position for position, _ in after.lines)])
        self.place, self.unread = after, self.unread[len(found) :]

    @rule()
    def forget(self) -> None:
        self.spool.forget(self.place.position)

    @invariant()
    def keeps_little_that_was_read(self) -> None:
        if hasattr(self, "spool") and not self.unread:
            self.spool.forget(self.place.position)


def no_room(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


TestSpooling = Spooling.TestCase
TestSpooling.settings = settings(stateful_step_count=30)
