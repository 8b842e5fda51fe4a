"""The spool gives back every line that it took, whatever the disk and the kernel do to it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from elfaust.sources import spool as module
from elfaust.sources.checkpoint import IDENTITY
from elfaust.sources.lines import Located, Reading
from elfaust.sources.spool import Spool
from tests.unit.sources.spools import lines, read_all


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


def test_a_spool_that_was_removed_is_another(tmp_path: Path) -> None:
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
def test_an_identity_that_is_not_valid_is_replaced(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "identity").write_bytes(body)
    made = Spool(tmp_path).identity
    assert IDENTITY.fullmatch(made)
    assert Spool(tmp_path).identity == made
