"""Lines that are written come back as the events that they hold, in every format."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elfaust.events.lines import LineParser
from elfaust.events.writing import LineWriter, unspaced
from elfaust.schema.dialect import DIALECTS
from elfaust.settings import Settings

FIELDS: dict[str, str | int] = {
    "recvFrom": "host",
    "seqId": 7,
    "dt": "2020-09-13T12:26:40Z",
    "userAgent": "a b/1 (c)",
}
FORMATS = [
    *(dialect.client_format for dialect in DIALECTS.values()),
    Settings().processor.server_format,
    "%q %l %n %t %h",
    "100%% %j %{recvFrom}s",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda of: st.lists(of, max_size=3) | st.dictionaries(st.text(), of, max_size=3),
    max_leaves=8,
)


@settings(max_examples=20)
@pytest.mark.parametrize("line_format", FORMATS)
@pytest.mark.parametrize("indent", [None, 2])
@given(inner=VALUES, ascii_only=st.booleans())
def test_an_event_is_read_as_it_was(
    line_format: str, indent: int | None, inner: Any, ascii_only: bool
) -> None:
    event = {"schema": "A", "revision": 1, "event": inner}
    text = json.dumps(event, indent=indent, ensure_ascii=ascii_only)
    line = LineWriter(line_format).write(text, event, FIELDS)
    assert b"\n" not in line
    capsule = LineParser(line_format).parse(line)
    assert {name: capsule[name] for name in event} == event
    assert (capsule["recvFrom"], capsule["seqId"]) == ("host", 7)
    assert capsule.get("dt", "2020-09-13T12:26:40Z") == "2020-09-13T12:26:40Z"
    assert {"dt", "timestamp"} & capsule.keys()


@pytest.mark.parametrize("line_format", FORMATS)
def test_what_an_event_says_of_itself_stays(line_format: str) -> None:
    event = {"recvFrom": "its own", "seqId": 3, "timestamp": 1_500_000_000}
    capsule = LineParser(line_format).parse(
        LineWriter(line_format).write(json.dumps(event), event, FIELDS)
    )
    assert {name: capsule[name] for name in event} == event


def test_a_beacon_is_the_event_alone() -> None:
    writer = LineWriter("%q", ())
    assert writer.write('{"a": "b c"}', {"a": "b c"}, {}) == b"?%7B%22a%22%3A%20%22b%20c%22%7D;"
    assert LineWriter("%q").write("{}", {}, FIELDS).startswith(b"?%7B%22recvFrom%22")


def test_blanks_within_texts_become_escapes() -> None:
    text = '{"a b" :\t"c\u00a0d\\" e",\n "f": 1}'
    assert unspaced(text) == '{"a\\u0020b":"c\\u00a0d\\"\\u0020e","f":1}'
    assert json.loads(unspaced(text)) == json.loads(text)
