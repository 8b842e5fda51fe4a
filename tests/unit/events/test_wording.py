"""Why a line cannot be read: what stands in it, never what Python calls it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.events.wording import cure, ends_early, why_unreadable
from elfaust.json_text import decode_json
from elfaust.words import hints


def error_of(text: bytes) -> Exception:
    try:
        decode_json(text)
    except ValueError as error:
        return error
    raise AssertionError(f"{text!r} is JSON")


@pytest.mark.parametrize(
    ("text", "said", "open_end"),
    [
        (b"", "there is no JSON", True),
        (b'{"a": "two', "the text that begins at character 7 has no closing quote", True),
        (b"{", "the JSON ends too soon, after character 1", True),
        (b'{"a":', "the JSON ends too soon, after character 5", True),
        (b'{"a": x}', 'no value of JSON stands at character 7: "x}"', False),
        (b"{a: 1}", 'a name in double quotes is missing at character 2: "a: 1}"', False),
        (b'{"a" 1}', 'a colon is missing at character 6: "1}"', False),
        (b'{"a": 1 2}', "a comma or a closing bracket is missing at character 9", False),
        (b'{"a": 1}, 2', 'after the end of the JSON there is more, at character 9: ", 2"', False),
        (b'{"a": "\n"}', "a tab, line end or other control character stands unescaped", False),
        (b'{"a": "\\x"}', "the backslash at character 8 begins no escape that JSON knows", False),
        (b"\xef\xbb\xbf{}", "a byte order mark stands before the JSON", False),
        (b'"\xff"', "it is not UTF-8: byte 0xff is part of no character", False),
        (b'"\\ud800"', "it has half of a surrogate pair, which is no character", False),
        (b"[" * 50_000, "nested deeper than 40 levels", False),
        (b"9" * 5_000, "more than 308 digits", False),
    ],
)
def test_the_cause_says_what_stands_where(text: bytes, said: str, open_end: bool) -> None:
    error = error_of(text)
    assert said in why_unreadable(error)
    assert ends_early(error) is open_end


@given(st.binary(max_size=60))
def test_whatever_is_no_json_is_told_briefly(text: bytes) -> None:
    try:
        decode_json(text)
    except ValueError as error:
        said = why_unreadable(error)
        assert said
        assert len(said) < 200
        assert "column" not in said


@pytest.mark.parametrize(
    ("text", "change"),
    [
        (b"{", "otherwise"),
        (b'"\\ud800"', hints.HALF_CHARACTER),
        (b'"\xff"', hints.NOT_UTF8),
        (b"[" * 41 + b"]" * 41, hints.TOO_DEEP),
        (b"[" * 50_000, hints.TOO_DEEP),
        (b"[" + b"1," * 1_000 + b"1]", hints.TOO_LARGE),
        (b"[NaN]", hints.NO_NUMBER.format("$[0]")),
    ],
)
def test_what_to_change_is_of_what_is_wrong(text: bytes, change: str) -> None:
    assert cure(error_of(text), "otherwise") == change
