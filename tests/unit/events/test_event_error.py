"""What becomes of an event that was refused."""

from __future__ import annotations

from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from elfaust.errors import EventFault
from elfaust.events.event_error import cut, error_event, shortened
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
