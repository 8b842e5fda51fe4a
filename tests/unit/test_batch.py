"""Batches: records with their source positions, typed values decoded when asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from elfaust.batch import Batch, source_header
from elfaust.types import Record
from models.event import EventError
from models.raw_line import RawLine


@dataclass
class Fetched:
    value: bytes
    offset: int = 0
    timestamp: int = 1_000
    headers: list[tuple[str, bytes]] = field(default_factory=list)


def test_a_record_carries_the_position_of_what_it_was_made_from() -> None:
    headers = [("trace", b"x"), *source_header("eventlogging-client-side", 42)]
    batch: Batch[RawLine] = Batch(RawLine, [Fetched(b"a", 7, 5, headers)])
    assert batch.records == [Record(b"a", 7, 5, "eventlogging-client-side", 42)]


def test_a_record_without_a_source_has_position_minus_one() -> None:
    assert source_header("", 3) == []
    batch: Batch[RawLine] = Batch(RawLine, [Fetched(b"a", 7)])
    assert batch.records == [Record(b"a", 7, 1_000, "", -1)]


def test_a_source_may_hold_colons() -> None:
    [(_, value)] = source_header("file:lines:1", 9)
    batch: Batch[RawLine] = Batch(RawLine, [Fetched(b"", headers=[("source", value)])])
    assert (batch.records[0].source, batch.records[0].position) == ("file:lines:1", 9)


def test_iterating_gives_typed_records() -> None:
    assert [line.line for line in Batch(RawLine, [Fetched(b"?{}")])] == [b"?{}"]
    value = b'{"event":{"code":"validation"},"schema":"EventError","revision":1,"uuid":"u"}'
    [error] = Batch(EventError, [Fetched(value)])
    assert (error.code, error.schema, error.revision) == ("validation", "EventError", 1)


def test_nothing_is_decoded_until_it_is_asked_for() -> None:
    batch: Batch[EventError] = Batch(EventError, [Fetched(b"not JSON")])
    assert len(batch) == 1
    assert batch.records[0].value == b"not JSON"
