"""What becomes of an event that was refused."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from elfaust.errors import EventFault
from elfaust.events.event_error import HOST, cut, error_event, shortened, storable
from elfaust.settings import Processor

SETTINGS = replace(Processor(), error_raw_bytes=16, error_message_chars=8)


@given(st.binary(max_size=64), st.text(max_size=32), st.text(max_size=70), st.integers())
def test_whatever_was_refused_can_be_told(
    raw: bytes, message: str, schema: str, revision: int
) -> None:
    fault = EventFault("consumer", message, schema, revision, "$.event")
    made = error_event(raw, fault, origin="t/0", offset=1, timestamp=1_000, settings=SETTINGS)
    event = orjson.loads(made)["event"]
    assert len(event["rawEvent"].encode()) <= 3 * 16
    assert event["message"] == message[:8]
    assert event["code"] == "consumer"
    assert event["revision"] == (revision if -(2**63) <= revision < 2**63 else -1)


@given(st.data())
def test_it_is_the_json_of_all_its_parts_also_where_a_fault_comes_again(
    data: st.DataObject,
) -> None:
    text = st.sampled_from(["", "a", '"%b\n\ud800\u00e9', "x" * 9, "y" * 1_000])
    for _ in range(3):
        message, schema, path, hint, cause = data.draw(st.tuples(*[text] * 5))
        code = data.draw(st.sampled_from(["validation", "processor"]))
        revision = data.draw(st.sampled_from([1, True, 1.0, 2**64, None]))
        fault = EventFault(code, message, schema, revision, path, hint, cause)
        chars, unknown = data.draw(st.sampled_from([4, 2_000])), data.draw(st.booleans())
        settings = replace(SETTINGS, error_message_chars=chars)
        made = error_event(
            b'%b"\xff', fault, origin="t/0", offset=1, timestamp=-1, settings=settings,
            unknown=unknown,
        )  # fmt: skip
        event: dict[str, Any] = {
            "rawEvent": '%b"\ufffd',
            "message": message,
            "code": code,
            "schema": schema,
            "revision": 1 if type(revision) is int and revision == 1 else -1,
            "path": path,
            "hint": hint,
            "cause": cause or message,
        }
        for name in ("message", "schema", "path", "hint", "cause"):
            event[name] = storable(event[name])[:chars]
        if unknown:
            event["unknown"] = True
        assert made == orjson.dumps(
            {
                "event": event,
                "schema": "EventError",
                "revision": 14035058,
                "wiki": "",
                "uuid": hashlib.sha1(b"t/0/1").hexdigest()[:32],
                "recvFrom": HOST,
                "dt": "1970-01-01T00:00:00Z",
            }
        )


def test_a_repeated_record_gives_the_same_bytes_and_others_others() -> None:
    fault = EventFault("processor", "no")

    def made(offset: int) -> bytes:
        return error_event(
            b"x", fault, origin="t/0", offset=offset, timestamp=1_000, settings=SETTINGS
        )

    assert made(1) == made(1)
    assert orjson.loads(made(1))["uuid"] != orjson.loads(made(2))["uuid"]


def test_no_character_is_cut_in_half() -> None:
    assert cut("h\u00e9".encode() * 20, 2) == "h"
    assert cut(b"\xff", 10) == "\ufffd"


@given(st.text(max_size=400), st.text(max_size=200), st.integers(500, 5_000))
def test_an_event_error_is_cut_to_a_length_and_says_whose_it_is(
    raw: str, message: str, most: int
) -> None:
    fault = EventFault("consumer", message, "Edit", 7, "$.event", "h" * 300)
    settings = replace(Processor(), error_raw_bytes=4_000)
    text = raw.encode("utf-8", "replace")
    made = error_event(text, fault, origin="t/0", offset=1, timestamp=1, settings=settings)
    short = shortened(made, most)
    assert short == made if len(made) <= most else len(short) <= most
    event = orjson.loads(short)["event"]
    assert (event["schema"], event["revision"], event["code"]) == ("Edit", 7, "consumer")
