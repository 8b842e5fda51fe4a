"""The format language, and the fast path beside the pattern."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.errors import EventFault
from elfaust.lines import CLIENT_FORMAT, LineParser, decode_query, whose

FAST = LineParser(CLIENT_FORMAT)
#: The same format spelled so that it is no longer the fast one.
SLOW = LineParser(CLIENT_FORMAT + " ")
QUERY = "?%7B%22a%22%3A%22b+c%22%7D;"


def outcome(parser: LineParser, line: bytes) -> Any:
    try:
        return parser.parse(line)
    except EventFault as fault:
        return fault.code, fault.message, fault.schema, fault.revision


def test_a_client_line_gives_its_fields() -> None:
    line = f"{QUERY}\tcp1\t42\t2020-09-13T12:26:40\t10.0.0.1\tMozilla/5.0 (X)".encode()
    assert FAST.parse(line) == {
        "a": "b c",
        "recvFrom": "cp1",
        "seqId": 42,
        "dt": "2020-09-13T12:26:40Z",
        "ip": "10.0.0.1",
        "userAgent": "Mozilla/5.0 (X)",
    }


def test_the_format_of_2015_gives_seconds_and_the_host() -> None:
    parser = LineParser("%q %{recvFrom}s %{seqId}d %t %h %{userAgent}i")
    line = f"{QUERY} cp1054 438763 2013-01-21T18:10:34 127.0.0.1 Mozilla/5.0".encode()
    capsule = parser.parse(line)
    assert capsule["timestamp"] == 1358791834
    assert capsule["clientIp"] == "127.0.0.1"


def test_omitted_fields_are_left_out() -> None:
    assert LineParser("%n %l %j").parse(b'1 2 {"a":1}') == {"a": 1}


@pytest.mark.parametrize("line_format", ["%z", "%s", "%{seqId}x"])
def test_a_format_that_is_none_is_refused(line_format: str) -> None:
    with pytest.raises(ValueError, match="%"):
        LineParser(line_format)


FIELD = st.text(st.sampled_from("ab1?;%7B{}\"' .:-T\t\n\u00e9"), max_size=12)


@given(st.lists(FIELD, min_size=4, max_size=8))
def test_the_fast_path_says_what_the_pattern_says(fields: list[str]) -> None:
    line = "\t".join(fields).encode()
    assert outcome(FAST, line) == outcome(SLOW, line)


@given(
    st.tuples(
        st.sampled_from([QUERY, "?;", "?", "?[1];", QUERY + " "]),
        st.sampled_from(["cp1", "cp 1", "", " cp1"]),
        st.sampled_from(["1", "0012", "-1", "1x", "\u0661"]),
        st.sampled_from(["2020-09-13T12:26:40", "2020-09-13T12:26:40Z", "x"]),
        st.sampled_from(["::1", " ::1 ", ""]),
        st.sampled_from(["-", " - ", "", "a b", "\u00a0x"]),
    )
)
def test_the_fast_path_says_what_the_pattern_says_of_lines(fields: tuple[str, ...]) -> None:
    line = "\t".join(fields).encode()
    assert outcome(FAST, line) == outcome(SLOW, line)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("?%22%C3%A9%22;", "\u00e9"),
        ("?%22a%2Bb+c%22;", "a+b c"),
        ("?%22100%25%22;", "100%"),
        ("?%22%252F%22;", "%2F"),
    ],
)
def test_percent_escapes_and_plus_signs(query: str, value: str) -> None:
    assert decode_query(query) == value


def test_whose_a_broken_line_was() -> None:
    assert whose(b"?%7B%22schema%22%3A%22Edit%22%2C%22revision%22%3A7%2C") == ("Edit", 7)
    assert whose(b"nothing of the kind") == ("unknown", -1)
