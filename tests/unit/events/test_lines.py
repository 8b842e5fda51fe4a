"""The format language."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from elfaust.errors import EventFault
from elfaust.events.lines import LineParser, guess_schema

CLIENT = LineParser("%q %{recvFrom}s %{seqId}d %D %{ip}i %u")
QUERY = "?%7B%22a%22%3A%22b+c%22%7D;"


def test_a_client_line_gives_its_fields() -> None:
    line = f"{QUERY}\tcp1\t42\t2020-09-13T12:26:40\t10.0.0.1\tMozilla/5.0 (X)".encode()
    assert CLIENT.parse(line) == {
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


@pytest.mark.parametrize(
    ("line_format", "why"),
    [
        ("%z %j", "no specifier %z"),
        ("%s %j", "%s needs a name"),
        ("%{seqId}x %j", "no specifier %x"),
        ("%{a}s %{a}d %j", "the field a stands twice"),
        ("%{a}s", "needs one %q or %j"),
        ("%q %j", "the field capsule stands twice"),
    ],
)
def test_a_format_that_is_none_is_refused(line_format: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        LineParser(line_format)


def test_what_is_no_specifier_is_itself() -> None:
    parser = LineParser('%{%FT%T}t "%{User-agent}i" (%{X-Client-IP}o) 100%% %j')
    line = b'2013-01-21T18:10:34\t"Mozilla/5.0 (X)"  (10.0.0.1) 100% {"a":1}'
    assert parser.parse(line) == {"timestamp": 1358791834, "User-agent": "Mozilla/5.0 (X)", "a": 1}
    with pytest.raises(EventFault):
        parser.parse(line.replace(b"(10", b"[10"))


def test_an_event_with_too_many_keys_names_the_limit() -> None:
    parser = LineParser("%j", max_keys=3)
    assert parser.parse(b'{"a":{"b":[]},"c":1}') == {"a": {"b": []}, "c": 1}
    with pytest.raises(EventFault, match=r"more keys than processor.max_keys, 3"):
        parser.parse(b'{"a":{"b":[]},"c":1,"d":2}')


def test_a_number_that_no_store_holds_is_told_with_its_place() -> None:
    line = b"?%7B%22event%22%3A%7B%22n%22%3A1e400%7D%7D;\tcp1\t1\t2020-09-13T12:26:40\t-\tUA"
    with pytest.raises(EventFault) as refused:
        CLIENT.parse(line)
    assert refused.value.path == "$.event.n"
    assert refused.value.hint == "Send $.event.n as a number up to 1.7e308, or as a text."


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"%7B%22schema%22:%22Edit%22,%22revision%22:7", "JSONDecodeError"),
        (b"%7B%22a%22:NaN%7D", "NaN is not JSON"),
        (b"%22%5Cud800%22", "surrogates not allowed"),
    ],
)
def test_json_that_was_not_read_is_refused_as_its_line_is(sent: bytes, said: str) -> None:
    line = b"?" + sent + b";\tcp1\t42\t2020-09-13T12:26:40\t10.0.0.1\t-"
    with pytest.raises(EventFault, match=said) as refused:
        CLIENT.parse(line)
    found = CLIENT.no_json(line, unquote(sent.decode()))
    assert found is not None
    assert vars(found) == vars(refused.value)


def test_json_that_is_right_is_no_fault() -> None:
    assert CLIENT.no_json(b"", '{"a": 1}') is None


def test_whose_a_broken_line_was() -> None:
    assert guess_schema(b"?%7B%22schema%22%3A%22Edit%22%2C%22revision%22%3A7%2C") == ("Edit", 7)
    assert guess_schema(b'{"schema": "Edit", "revision": -7}') == ("Edit", -7)
    assert guess_schema(b'\'schema\':"Edit","revision":7') == ("unknown", -1)
    assert guess_schema(b"nothing of the kind") == ("unknown", -1)


@pytest.mark.parametrize(
    "query", [b"?%22%F0%9F%98\x80%22;", b"?%22\xff%22;", b"?%22\xed\xa0\x80%22;"]
)
def test_a_byte_that_is_no_text_is_not_completed_by_escapes(query: bytes) -> None:
    with pytest.raises(EventFault, match="surrogates not allowed"):
        CLIENT.parse(query + b"\tcp1\t42\t2020-09-13T12:26:40\t10.0.0.1\t-")
