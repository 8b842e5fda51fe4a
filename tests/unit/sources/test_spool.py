"""The spool gives back every line that it took, whatever the disk and the kernel do to it."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from elfaust.sources import spool as module
from elfaust.sources.base import Located, Reading
from elfaust.sources.checkpoint import IDENTITY
from elfaust.sources.spool import Spool

LINE = st.binary(min_size=1, max_size=20).map(lambda line: b"l" + line.replace(b"\n", b"-"))


def read_all(spool: Spool, size: int = 100, place: Reading | None = None) -> Reading:
    place, found = place or Reading([], 0), list[Located]()
    while True:
        after = spool.read(place.position, place.inside, size)
        if after.position == place.position:
            return place._replace(lines=found)
        found, place = found + after.lines, after


def lines(spool: Spool, place: Reading | None = None) -> list[bytes]:
    return [line for _, line in read_all(spool, place=place).lines]


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
TestSpooling.settings = settings(max_examples=150, stateful_step_count=40)


@pytest.fixture
def small_files() -> Iterator[Any]:
    """Return what bounds the size of this process's files: write(2) is partial, then fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size or before[0], before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, ignored)


def test_a_full_disk_leaves_no_torn_line(tmp_path: Path, small_files: Any) -> None:
    spool = Spool(tmp_path)
    spool.append(b"good one")
    small_files(15)
    with pytest.raises(OSError, match="File too large"):
        spool.append(b"torn torn torn")
    small_files(None)
    spool.append(b"received after space is back")
    assert lines(spool) == [b"good one", b"received after space is back"]
    spool.close()


def test_a_full_disk_at_a_segments_end_stops_no_reader(
    tmp_path: Path, small_files: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEGMENT_BYTES", 20)
    spool = Spool(tmp_path)
    spool.append(b"first line")
    small_files(25)
    with pytest.raises(OSError, match="File too large"):
        spool.append(b"second line that is torn")
    small_files(None)
    for number in range(5):
        spool.append(b"later %d" % number)
    assert lines(spool) == [b"first line", *(b"later %d" % number for number in range(5))]
    spool.close()


def test_a_segment_goes_though_the_disk_is_full(tmp_path: Path, small_files: Any) -> None:
    spool = Spool(tmp_path)
    spool.append(b"x" * 100)
    small_files(110)
    with pytest.raises(OSError, match="File too large"):
        spool.append(b"y" * 100)
    place = read_all(spool)
    spool.append(b"short")
    spool.forget(place.position)
    assert [file.stat().st_size for file in tmp_path.glob("*.lines")] == [6]
    small_files(None)
    assert lines(spool, place) == [b"short"]
    spool.close()


def test_a_line_that_comes_in_pieces_is_one_over_segments_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEGMENT_BYTES", 4)
    spool = Spool(tmp_path)
    spool.append_piece(b"one\ntw")
    place = read_all(spool)
    assert place.lines == [Located(0, b"one")]
    spool.append_piece(b"o\nthree")
    place = read_all(spool, place=place)
    assert place.lines == [Located(4, b"two")]
    spool.ended = True
    assert read_all(spool, place=place).lines == [Located(8, b"three")]
    spool.close()


def test_a_spool_that_was_wiped_is_another(tmp_path: Path) -> None:
    first = Spool(tmp_path / "a").identity
    assert Spool(tmp_path / "a").identity == first
    assert Spool(tmp_path / "b").identity != first
    (tmp_path / "a" / "identity").write_text("")
    assert Spool(tmp_path / "a").identity not in ("", first)


def test_positions_are_never_used_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(b"one")
    spool.close()
    for file in tmp_path.glob("*.lines"):
        file.unlink()
    again = Spool(tmp_path)
    again.skip_to(4)
    again.append(b"two")
    assert read_all(again, place=Reading([], 4)).lines == [Located(4, b"two")]
    again.close()


def test_a_segment_that_somebody_removes_stops_no_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "SEGMENT_BYTES", 4)
    spool = Spool(tmp_path)
    for line in (b"one", b"two", b"three"):
        spool.append(line)
    sorted(tmp_path.glob("*.lines"))[1].unlink()
    place = spool.read(0, False, 100)
    assert [line for _, line in place.lines] + lines(spool, place) == [b"one", b"three"]
    assert "4 bytes are lost" in caplog.text
    spool.close()


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """On a tmpfs of 1 MB, smaller than a segment: what is forwarded makes room."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        spool, place, sent, found = Spool(tmp_path), Reading([], 0), 0, list[bytes]()
        while sent < 50_000:
            try:
                spool.append(b"line %d " % sent + b"x" * 100)
                sent += 1
            except OSError:
                place = read_all(spool, 100_000, place)
                found += [line.split()[1] for _, line in place.lines]
                spool.forget(place.position)
        found += [line.split()[1] for line in lines(spool, place)]
        assert found == [b"%d" % number for number in range(50_000)]
        spool.close()
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_what_else_lies_in_its_folder_is_no_segment(tmp_path: Path) -> None:
    with_lines = Spool(tmp_path)
    with_lines.append(b"line")
    with_lines.close()
    (tmp_path / "x.lines").write_bytes(b"not ours")
    (tmp_path / f"{7:020d}.lines").mkdir()
    os.mkfifo(tmp_path / f"{8:020d}.lines")
    again = Spool(tmp_path)
    assert (again.identity, lines(again)) == (with_lines.identity, [b"line"])


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"a:b", b"0" * 13, b"0123456789ab\n"])
def test_an_identity_that_is_none_is_made_anew(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "identity").write_bytes(body)
    made = Spool(tmp_path).identity
    assert IDENTITY.fullmatch(made)
    assert Spool(tmp_path).identity == made
