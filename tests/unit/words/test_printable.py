"""Nothing that a terminal obeys is left in a text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from elfaust.words.printable import printable


def test_what_can_be_printed_stays_and_the_rest_is_escaped() -> None:
    assert printable("é 😀 a\\b") == "é 😀 a\\b"
    assert printable("a\x1b[2J\x9b\n\u202e\udcff") == r"a\x1b[2J\x9b\n\u202e\udcff"


@given(st.text())
def test_what_is_returned_can_be_printed(text: str) -> None:
    assert printable(text).isprintable()
