"""Which events are in a body, however a page or a script has sent them."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elfaust.intake.bodies import PLAIN, URL_ENCODED, events_in
from tests.unit.intake.requests import Kafka, having, serving

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda of: st.lists(of), max_leaves=5
)
EVENTS = st.lists(st.dictionaries(st.text(), JSON, max_size=3), min_size=1, max_size=3)


@settings(max_examples=10)
@given(EVENTS)
def test_events_are_found_as_they_were_sent(events: list[dict[str, Any]]) -> None:
    text = json.dumps(events)
    fields = urlencode([("other", "1"), *(("event", json.dumps(event)) for event in events)])
    for body, kind in (
        (text, "application/json"),
        (text, PLAIN),
        (f" {text}\n", URL_ENCODED),
        (f"{quote(text)};", URL_ENCODED),
        (fields, URL_ENCODED),
        (f"event={text}\r\n", PLAIN),
    ):
        assert events_in(body.encode(), kind, 10) == events
    assert events_in(json.dumps(events[0]).encode(), PLAIN, 10) == events[:1]


@given(st.binary(), st.sampled_from([PLAIN, URL_ENCODED, "application/json", ""]))
def test_anything_else_is_a_fault_of_who_sent_it(body: bytes, kind: str) -> None:
    try:
        assert isinstance(events_in(body, kind, 2), list)
    except (ValueError, RecursionError):
        return


@pytest.mark.parametrize("body", [b"a=1", b"event", b"event={", b"event=1&" * 3, b"\xff=1", b""])
def test_a_form_without_an_event_is_told(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"field|Expecting|Max|codec"):
        events_in(body, URL_ENCODED, 2)


PART = b'--a\r\nContent-Disposition: form-data; name="%s"\r\n%s\r\n%s\r\n--a--\r\n'


@pytest.mark.parametrize("path", ["v1/events", "event.gif"])
async def test_a_body_that_no_reader_takes_is_refused(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    form, origin = "multipart/form-data; boundary=a", {"Origin": "https://en.example.org"}
    bodies = [
        ({"Content-Encoding": "gzip"}, b"{}"),
        ({"Content-Encoding": "deflate"}, zlib.compress(b"{}")[:-5]),
        (
            {"Content-Type": form},
            PART % (b"event", b"Content-Type: text/plain; charset=x\r\n", b""),
        ),
        ({"Content-Type": form}, PART % (b"_charset_", b"", b"foo")),
        ({"Content-Type": form}, PART % (b"_charset_", b"", b"f" * 99)),
        ({"Content-Type": form}, PART % (b"event", b"Content-Transfer-Encoding: x\r\n", b"{}")),
        ({"Content-Type": form}, PART % (b"event", b"no colon\r\n", b"{}")),
        ({"Content-Type": form}, PART % (b"event", b"A: %s\r\n" % (b"x" * 20_000), b"{}")),
        ({}, json.dumps({"a": 1}).encode("utf-16")),
        ({"Content-Encoding": "gzip"}, gzip.compress(b" " * 2_000_000)),
    ]
    async with serving(having(body_bytes=50_000), Kafka()) as session:
        answers = [
            await session.post(path, data=body, headers={**origin, **headers})
            for headers, body in bodies
        ]
        assert [answer.status for answer in answers] == [400] * 9 + [413]
        for answer in answers:
            assert (await answer.json())["error"]
            assert answer.headers["Access-Control-Allow-Origin"] in ("*", origin["Origin"])
            assert answer.headers["Cache-Control"] == "no-store"
    assert not caplog.records


async def test_one_event_that_no_store_takes_leaves_the_others() -> None:
    kafka, odd = Kafka(), ["9" * 5_000, "1e999", "[" * 5_000 + "]" * 5_000]
    body = '[{"a":' + '},{"a":'.join(["1", *odd, "2"]) + "}]"
    async with serving(having(), kafka) as session:
        answer = await session.post("v1/events", data=body)
        said = await answer.json()
    taken = ["success", "success", "success", "invalid", "success"]
    assert (answer.status, [event["status"] for event in said["events"]]) == (207, taken)
    sent = [unquote(line.split(b"\t")[0].decode()) for line in kafka.lines]
    assert sent == [f'?{{"a":{number}}};' for number in ("1", *odd[:2], "2")]
