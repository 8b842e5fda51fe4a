"""What is shown of a record, and that no address and no user agent is among it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.logs.masking import masked
from elfaust.records import Record, Source
from elfaust.view.seen import Seen, seen, shown_value

ADDRESS, AGENT = "203.0.113.77", "Mozilla/5.0 (X11; Linux x86_64) Secret/1"
ERRORS = "eventlogging_EventError"


def shown(value: Any, topic: str = "eventlogging_Word_1", time: int = 1_600_000_000_000) -> Seen:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return seen(Record(topic, 3, 7, time, raw, Source("raw", 5)), ERRORS)


def test_an_event_is_shown_masked() -> None:
    event = {"word": "x", "seen_at": ADDRESS, "of": [{"userAgent": AGENT}], "said": f"a {AGENT}"}
    capsule = {"schema": "Word", "revision": 1, "wiki": "w", "clientIp": ADDRESS, "event": event}
    one = shown({**capsule, "userAgent": AGENT, "ip": "whatever"})
    assert (one.status, one.schema, one.revision, one.wiki) == ("valid", "Word", 1, "w")
    found = one.as_json()
    assert found["time"] == "2020-09-13T12:26:40Z"
    assert found["line"] == {"topic": "raw", "lane": 3, "offset": 5}
    assert found["capsule"]["event"]["word"] == "x"
    for secret in (ADDRESS, "Secret", "whatever"):
        assert secret not in json.dumps(found) + one.text + one.brief


def test_a_parsed_user_agent_is_none_and_stays() -> None:
    assert shown({"userAgent": {"os_family": "Linux"}}).capsule["userAgent"]["os_family"] == "Linux"


def test_an_error_is_of_the_event_that_was_refused() -> None:
    line = f'?%7B%22ip%22%3A%22{ADDRESS}%22%7D;\tcp1\t7\t2026-11-26T10:00:00\t{ADDRESS}\t"{AGENT}"'
    event = {"schema": "Word", "revision": 2, "code": "validation", "path": "$.event.word"}
    event |= {"message": f"'{ADDRESS}' is no word", "hint": "Send it.", "rawEvent": line}
    one = shown({"schema": "EventError", "revision": 1, "event": event}, ERRORS)
    assert (one.status, one.schema, one.revision, one.code) == ("failed", "Word", 2, "validation")
    assert (one.path, one.message) == ("$.event.word", "'<address>' is no word")
    assert (one.why, one.place) == (one.message, one.path)
    assert one.purpose == ""
    for secret in (ADDRESS, "Secret"):
        assert secret not in json.dumps(one.as_json()) + one.brief


def test_of_a_long_record_the_beginning_is_shown() -> None:
    one = shown({"schema": "Word", "event": {"at": ADDRESS, "word": "x" * 200_000}})
    assert one.schema == "Word"
    assert 99_000 < len(one.capsule) < 100_000
    assert ADDRESS not in one.capsule
    assert one.brief


@pytest.mark.parametrize("word", ["x" * 200_000, " " * 3_000, f"{ADDRESS} " * 9_000])
def test_of_a_long_event_only_what_a_row_shows_is_masked(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(text: str) -> str:
        asked.append(len(text))
        return masked(text)

    monkeypatch.setattr("elfaust.view.seen.masked", counted)
    one = shown({"schema": "Word", "event": {"word": word, "of": [word] * 3}})
    assert ADDRESS not in one.brief
    assert sum(asked) < 20_000


@given(st.binary() | st.recursive(st.none() | st.text(), lambda of: st.lists(of)).map(json.dumps))
def test_whatever_a_record_holds_it_is_shown(value: bytes | str) -> None:
    raw = value.encode() if isinstance(value, str) else value
    for topic in ("eventlogging_Word_1", ERRORS):
        one = shown(raw, topic, time=-1)
        assert one.as_json()["time"] is None
        assert one.brief is not None


def test_no_encoding_hides_an_address_or_an_agent() -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Secret"
    event = json.dumps({"event": {"ua": agent, "of": ADDRESS, "a": "50% more"}})
    every = "".join(f"%{ord(letter):02x}" for letter in event)
    for sent in (quote(event, safe="():/"), quote_plus(event), every, quote(every)):
        found = str(shown_value(f"?{sent};\thost\t1".encode()))
        for text in (found, unquote_plus(found), unquote_plus(unquote_plus(found))):
            assert "Windows" not in text
            assert "Secret" not in text
            assert ADDRESS not in text
    line = f"?{quote(json.dumps({'a': '100% + 1'}))};\thost\t1"
    assert shown_value(line.encode()) == line
