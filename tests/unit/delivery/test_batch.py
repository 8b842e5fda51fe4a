"""Batches: records with their source positions, typed values decoded when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.delivery.batch import END_OF_TIME, FORWARDED, Batch, records_of, source_header
from elfaust.models.event import EventError
from elfaust.models.raw_line import RawLine
from elfaust.records import UNKNOWN_TIME, Record, Source
from elfaust.testing import make_record

TIME = 1_600_000_000_000


@dataclass
class Fetched:
    value: bytes | None
    offset: int = 0
    timestamp: int | None = TIME
    headers: Sequence[tuple[str, bytes | None]] = field(default_factory=list)
    topic: str = "topic"
    partition: int = 0


def test_a_record_carries_the_position_of_what_it_was_made_from() -> None:
    headers = [("trace", b"x"), *source_header(Source("eventlogging-client-side", 42))]
    batch: Batch[RawLine] = Batch(RawLine, records_of([Fetched(b"a", 7, TIME, headers)]))
    assert batch.records == [make_record(b"a", 7, TIME, ("eventlogging-client-side", 42))]


def test_a_record_without_a_source_has_none() -> None:
    assert source_header(None) == []
    batch: Batch[RawLine] = Batch(RawLine, records_of([Fetched(b"a", 7)]))
    assert batch.records == [make_record(b"a", 7, TIME)]


def test_a_source_may_hold_colons() -> None:
    [(_, value)] = source_header(Source("file:lines:1", 9))
    assert one(Fetched(b"", headers=[("source", value)])).source == Source("file:lines:1", 9)


def test_iterating_gives_typed_records() -> None:
    assert [line.line for line in Batch(RawLine, [make_record(b"?{}")])] == [b"?{}"]
    value = b'{"event":{"code":"validation"},"schema":"EventError","revision":1,"uuid":"u"}'
    [error] = Batch(EventError, [make_record(value)])
    assert (error.code, error.schema, error.revision) == ("validation", "EventError", 1)


def test_nothing_is_decoded_until_it_is_asked_for() -> None:
    batch: Batch[EventError] = Batch(EventError, [make_record(b"not JSON")])
    assert len(batch) == 1
    assert batch.records[0].value == b"not JSON"


def one(fetched: Fetched) -> Record:
    [record] = records_of([fetched])
    return record


@pytest.mark.parametrize(
    "header",
    [
        None,
        b"",
        b"x",
        b"raw",
        b"raw:",
        b":5",
        b"raw:-1",
        b"raw:+1",
        b"raw: 1",
        b"raw:1_0",
        b"raw:1.0",
        "raw:\N{ARABIC-INDIC DIGIT ONE}".encode(),
        b"raw:%d" % 2**63,
        b"raw:" + b"0" * 20,
        b"raw:" + b"9" * 5_000,
        b"r" * 301 + b":1",
        b"\xff:1",
    ],
)
def test_a_source_that_none_of_ours_can_have_counts_as_none(header: bytes | None) -> None:
    assert one(Fetched(b"a", 7, headers=[("source", header)])) == make_record(b"a", 7, TIME)


@given(st.none() | st.binary(max_size=20), st.none() | st.integers(-(2**63), 2**63 - 1))
def test_whatever_a_record_holds_it_has_a_source_and_a_time_that_can_be(
    header: bytes | None, timestamp: int | None
) -> None:
    record = one(Fetched(None, 7, timestamp, [("source", header)]))
    assert record.value == b""
    assert record.timestamp == UNKNOWN_TIME or 10**12 <= record.timestamp < END_OF_TIME
    assert record.source is None or 0 <= record.source.position < 2**63


def test_positions_go_up_to_63_bits() -> None:
    [header] = source_header(Source("raw", 2**63 - 1))
    assert one(Fetched(b"a", headers=[header])).source == Source("raw", 2**63 - 1)


@pytest.mark.parametrize(
    ("told", "time"),
    [
        (None, UNKNOWN_TIME),
        (-1, UNKNOWN_TIME),
        (0, UNKNOWN_TIME),
        (1_600_000_000, UNKNOWN_TIME),
        (10**12 - 1, UNKNOWN_TIME),
        (10**12, 10**12),
        (END_OF_TIME - 1, END_OF_TIME - 1),
        (END_OF_TIME, UNKNOWN_TIME),
        (2**63 - 1, UNKNOWN_TIME),
    ],
)
def test_a_time_that_cannot_be_is_unknown(told: int | None, time: int) -> None:
    assert one(Fetched(b"a", timestamp=told)).timestamp == time


def test_a_source_stands_among_hundreds_of_headers() -> None:
    many = [(f"h{n}", b"x") for n in range(500)]
    assert one(
        Fetched(b"a", headers=[*many, *source_header(Source("raw", 3)), *many])
    ).source == Source("raw", 3)


def test_forwarders_are_known_by_their_names() -> None:
    assert FORWARDED.fullmatch("host.example/client-0123456789ab")
    for other in ("raw", "mysql/eventlogging_Edit_1", "host/client", "host/client-0123456789aB"):
        assert not FORWARDED.fullmatch(other)
