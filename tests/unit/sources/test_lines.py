"""Lines by position: no line is too long or too strange, and a reader always goes on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.sources import lines as module
from elfaust.sources.lines import Bytes, Located, Reading, Stretch, read_lines, split


class Text:
    """Bytes without a gap, the last of which may be over."""

    def __init__(self, data: bytes, over: bool) -> None:
        self.data = data
        self.over = over

    def stretch(self, position: int, size: int) -> Stretch:
        data = self.data[position : position + size]
        return Stretch(position, data, self.over and position + len(data) >= len(self.data))


def read_all(source: Bytes, size: int, place: Reading | None = None) -> Reading:
    place, found = place or Reading([], 0), list[Located]()
    while True:
        after = read_lines(source, place.position, place.inside, size)
        if after.lines or after.position > place.position:
            found, place = found + after.lines, after
        else:
            return place._replace(lines=found)


@given(
    st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b""))),
    st.integers(1, 64),
    st.booleans(),
)
def test_each_line_comes_once_cut_to_the_longest(
    lines: list[bytes], size: int, newline: bool
) -> None:
    data = b"\n".join(lines) + (b"\n" if newline else b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LONGEST_LINE", 24)
        found = read_all(Text(data, True), min(size, 24))
    wanted = [line[:24] if len(line) > 24 else line.removesuffix(b"\r") for line in lines]
    expected = [line.removesuffix(b"\r") for line in wanted if line.strip()]
    assert [line.removesuffix(b"\r") for _, line in found.lines if line.strip()] == expected
    assert found.position == len(data)


def test_a_line_without_end_is_cut_and_its_rest_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_LINE", 24)
    source = Text(b"x" * 30, False)
    place = read_all(source, 10)
    assert (place.lines, place.inside) == ([Located(0, b"x" * 24)], True)
    source.data += b"x" * 1_000
    place = read_all(source, 10, place)
    assert (place.lines, place.position, place.inside) == ([], 1_030, True)
    source.data += b"xx\nnext\n"
    assert read_all(source, 10, place).lines == [Located(1_033, b"next")]


def test_a_line_that_is_still_being_written_waits() -> None:
    assert read_lines(Text(b"one\ntw", False), 0, False, 100) == ([Located(0, b"one")], 4, False)


def test_blank_lines_are_left_out() -> None:
    assert split(b"a\r\n \n\nb", 5, True) == ([Located(5, b"a"), Located(11, b"b")], 12)


@pytest.mark.parametrize("line", [b"\xff\xfe", b"\x00", b"a\x00b", b"\x85"])
def test_no_line_is_too_strange(line: bytes) -> None:
    assert read_all(Text(line + b"\r\n", False), 10).lines == [Located(0, line)]
