"""Plain lines are read as bytes; what is not plain is left alone."""

from __future__ import annotations

import json
import tracemalloc
from urllib.parse import quote

import pytest

from elfaust.events.lines import LineParser
from elfaust.events.plain_lines import PlainLine, PlainLines
from elfaust.schema.dialect import DIALECTS

LINES = {name: PlainLines(dialect, 1_000, 100) for name, dialect in DIALECTS.items()}
GIVEN = {"schema": "A", "revision": 1, "event": {"t": "é 1+1=2; 100%"}, "isTruncated": True}
REST = b"cp1\t7\t2020-09-13T12:26:40\t10.0.0.1\tMozilla/5.0 (X11)"


def line(query: str = "", rest: bytes = REST) -> bytes:
    return f"?{query or quote(json.dumps(GIVEN))};\t".encode() + rest


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_plain_line_is_read_without_what_is_dropped(dialect: str) -> None:
    found = LINES[dialect].read(line())
    assert isinstance(found, PlainLine)
    assert found.given == {name: of for name, of in GIVEN.items() if name != "isTruncated"}
    assert (found.host, found.number, found.address) == (b"cp1", b"7", b"10.0.0.1")


def test_events_are_those_of_their_dialects() -> None:
    found = {name: lines.read(line()) for name, lines in LINES.items()}
    events = {
        name: json.loads(LINES[name].event(one, b'{"schema":"A"}'))
        for name, one in found.items()
        if isinstance(one, PlainLine)
    }
    assert list(events["2018"]) == ["recvFrom", "seqId", "dt", "ip", "userAgent", "schema", "uuid"]
    assert list(events["2015"]) == ["recvFrom", "seqId", "timestamp", "userAgent", "schema", "uuid"]
    assert events["2015"]["timestamp"] == 1_600_000_000
    assert events["2018"]["userAgent"]["browser_family"] == "Other"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        line(rest=REST.replace(b"\t", b" ")),
        line(rest=REST.replace(b"\t7", b"\t07")),
        line(rest=REST.replace(b"\t7", b"\t" + b"9" * 19)),
        line(rest=REST.replace(b"2020", b"0000")),
        line(rest=REST.replace(b"cp1", b'c"1')),
        line(rest=REST.replace(b"cp1", "ü".encode())),
        line(rest=REST.replace(b"Mozilla", b" Mozilla")),
        line(rest=REST + b"\t"),
        line(rest=REST + b"\xff"),
        line("[]"),
        line("%7B%22a%22%3A1%2"),
        line("%7B%7D =20"),
        line("%7B%22a%22:1=0%7D"),
        line("%7B%22a%22%3A%22\x7f%22%7D"),
        line("%7B%22a%22%3A" + "1" * 19 + "%7D"),
        line("%7B%22a%22%3A" + "%5B" * 41 + "%5D" * 41 + "%7D"),
        line("%7B%22a%22%3A%22" + "x" * 1_000 + "%22%7D"),
    ],
)
def test_what_is_not_plain_is_left_alone(sent: bytes) -> None:
    assert LINES["2018"].read(sent) is None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_fields_of_the_line_in_its_json_make_the_capsule(dialect: str) -> None:
    given = {"a": 1, "uuid": "x", "recvFrom": "y", "ip": "z", "isTruncated": True}
    sent = line(quote(json.dumps(given)))
    found = LINES[dialect].read(sent)
    assert isinstance(found, dict)
    expected = LineParser(DIALECTS[dialect].client_format).parse(sent)
    assert list(found.items()) == list(expected.items())


def test_a_query_that_is_no_json_raises() -> None:
    with pytest.raises(ValueError, match=r"."):
        LINES["2018"].read(line("%7B"))


def test_what_is_no_json_has_no_fault_at_once_where_its_user_agent_is_not_plain() -> None:
    for agent in (b"", b" x", b"\xc3\xa9"):
        assert LINES["2018"].read(line("%7B", REST.replace(b"Mozilla/5.0 (X11)", agent))) is None


def test_lines_that_are_not_plain_have_no_user_agent_parsed() -> None:
    lines = PlainLines(DIALECTS["2018"], 1_000, 100)
    assert lines.read(line("%5B%5D")) is None
    assert lines.read(line("x" * 1_000)) is None
    with pytest.raises(ValueError, match=r"."):
        lines.read(line("%7B"))
    assert not lines.agents
    assert lines.read(line())
    assert lines.agents


def test_a_line_of_tabs_is_not_taken_apart() -> None:
    lines, sent = PlainLines(DIALECTS["2018"], 1_000_000, 100), b"ab\t" * 300_000
    tracemalloc.start()
    try:
        assert lines.read(sent) is None
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
