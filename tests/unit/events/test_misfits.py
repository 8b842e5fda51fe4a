"""Lines that are not of their format, told by the field that they lack."""

from __future__ import annotations

import pytest

from elfaust.errors import EventFault
from elfaust.events.lines import LineParser
from elfaust.events.plain_json import PlainJsonParser
from elfaust.words import hints

CLIENT = LineParser("%q %{recvFrom}s %{seqId}d %D %{ip}i %u")
SERVER = LineParser("%{seqId}d EventLogging %j")


def refused(parser: LineParser | PlainJsonParser, line: bytes) -> EventFault:
    with pytest.raises(EventFault) as raised:
        parser.parse(line)
    return raised.value


@pytest.mark.parametrize(
    ("parser", "line", "said"),
    [
        (CLIENT, b"", "the line is empty"),
        (CLIENT, b"hello", 'the event, which begins with ?, is missing, where "hello" stands'),
        (CLIENT, b"?%7B%7D;\tcp1\tx", 'seqId, a whole number, is missing, where "x" stands'),
        (CLIENT, b"?%7B%7D;\tcp1\t1", "white space is missing, at the end of the line"),
        (CLIENT, b"?%7B%7D;\tcp1\t1\tnow\t-\t-", "dt, a time as 2020-09-13T12:26:40, is missing"),
        (SERVER, b"1 Eventlogging {}", "the text EventLogging is missing"),
        (SERVER, b"1 EventLogging", "the text EventLogging is missing, where"),
        (CLIENT, b'  "schema": "Edit",', "the line is JSON, or a piece of it"),
        (CLIENT, b"}", "the line is JSON, or a piece of it"),
        (SERVER, b'{"schema": "Edit"}', "the line is JSON, or a piece of it"),
    ],
)
def test_the_field_that_is_missing_is_named(parser: LineParser, line: bytes, said: str) -> None:
    fault = refused(parser, line)
    assert said in fault.cause
    assert len(fault.cause) < 200
    assert fault.hint
    # Whoever compares with EventLogging finds its words.
    assert fault.message.startswith("ValueError(")


def test_an_event_of_the_server_side_ends_at_white_space() -> None:
    fault = refused(SERVER, b'1 EventLogging {"event":{"cat":"two words"}}')
    assert "the event has white space in it" in fault.cause
    assert fault.hint == hints.WHITE_SPACE
    assert SERVER.parse(b'1 EventLogging {"cat":"two\\u0020words"}') == {
        "seqId": 1,
        "cat": "two words",
    }


@pytest.mark.parametrize(
    ("parser", "line", "hint"),
    [
        (SERVER, b'1 EventLogging {"cat":"two', hints.CUT),
        (SERVER, b'1 EventLogging {"cat":x}', hints.UNREADABLE_JSON),
        (CLIENT, b"?%7B%22a%22;\tcp1\t1\t2020-09-13T12:26:40\t-\t-", hints.CUT),
        (CLIENT, b"?%7Ba%7D;\tcp1\t1\t2020-09-13T12:26:40\t-\t-", hints.UNREADABLE),
        (CLIENT, b"hello", hints.UNREADABLE),
    ],
)
def test_the_cure_is_that_of_the_fault_and_the_format(
    parser: LineParser, line: bytes, hint: str
) -> None:
    assert refused(parser, line).hint == hint


def test_a_field_of_the_line_that_cannot_be_read_is_named() -> None:
    parser = LineParser("%{seqId}d %t %j")
    fault = refused(parser, b"1 2020-19-13T12:26:40 {}")
    assert (fault.path, fault.cause) == (
        "$.timestamp",
        '$.timestamp cannot be "2020-19-13T12:26:40"',
    )
    assert refused(parser, b"9" * 5_000 + b" 2020-09-13T12:26:40 {}").path == "$.seqId"


def test_what_is_no_object_and_pretty_printed_json_are_told() -> None:
    assert refused(SERVER, b"1 EventLogging [1]").cause == "the event is JSON, but no object"
    plain = PlainJsonParser(1_000)
    assert "it was cut" in refused(plain, b"{").hint
    assert refused(plain, b"{").cause == "the JSON ends too soon, after character 1"
    assert refused(plain, b"5").cause == "the event is a number, not an object"
