"""The spool gives back every line that was appended, whatever the pieces it is read in."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust import spool as module
from elfaust.spool import FileLines, Lines, Located, Spool, split

LINE = st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b""))


def read_all(lines: Lines, size: int, position: int = 0) -> list[Located]:
    found: list[Located] = []
    while True:
        more, after = lines.read(position, size)
        if after == position:
            return found
        found += more
        position = after


@given(st.lists(LINE), st.integers(1, 64))
def test_a_file_is_read_line_by_line_in_pieces_of_any_size(lines: list[bytes], size: int) -> None:
    data = b"\n".join(lines)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lines"
        file.write_bytes(data)
        found = read_all(FileLines(file, follow=False), size)
    assert [line for _, line in found] == [line for line in lines if line.strip()]
    assert all(data[p : p + len(line)] == line for p, line in found)


@given(st.lists(LINE.filter(bytes.strip), min_size=1), st.integers(1, 64), st.integers(1, 40))
def test_a_spool_gives_back_what_was_appended(lines: list[bytes], size: int, segment: int) -> None:
    before, module.SEGMENT_BYTES = module.SEGMENT_BYTES, segment
    try:
        with tempfile.TemporaryDirectory() as folder:
            spool = Spool(Path(folder))
            for line in lines:
                spool.append(line)
            found = read_all(spool, size)
            spool.forget(spool.end)
            assert spool.end == sum(len(line) + 1 for line in lines)
            spool.close()
    finally:
        module.SEGMENT_BYTES = before
    assert [line for _, line in found] == lines


def test_a_line_that_is_still_being_written_waits(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_bytes(b"one\ntw")
    lines = FileLines(file, follow=True)
    assert lines.read(0, 100) == ([Located(0, b"one")], 4)
    file.write_bytes(b"one\ntwo\n")
    assert lines.read(4, 100) == ([Located(4, b"two")], 8)


def test_a_line_that_comes_in_pieces_is_one(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append_piece(b"one\ntw")
    assert read_all(spool, 100) == [Located(0, b"one")]
    spool.append_piece(b"o\nthree")
    assert read_all(spool, 100, 4) == [Located(4, b"two")]
    spool.ended = True
    assert read_all(spool, 100, 8) == [Located(8, b"three")]
    spool.close()


def test_a_spool_that_was_wiped_is_another(tmp_path: Path) -> None:
    first = Spool(tmp_path / "a").identity
    assert Spool(tmp_path / "a").identity == first
    assert Spool(tmp_path / "b").identity != first


def test_a_line_torn_by_a_kill_ends_where_it_was_torn(tmp_path: Path) -> None:
    (tmp_path / f"{0:020d}.lines").write_bytes(b"one\ntw")
    spool = Spool(tmp_path)
    spool.append(b"three")
    assert [line for _, line in read_all(spool, 100)] == [b"one", b"tw", b"three"]
    spool.close()


@pytest.mark.parametrize("line", [b"x" * 1000, b"\xff\xfe", b"\x00"])
def test_no_line_is_too_long_or_too_strange(tmp_path: Path, line: bytes) -> None:
    spool = Spool(tmp_path)
    spool.append(line)
    assert read_all(spool, 10) == [Located(0, line)]
    spool.close()


def test_blank_lines_are_left_out() -> None:
    assert split(b"a\r\n \n\nb", 5, True) == ([Located(5, b"a"), Located(11, b"b")], 12)
