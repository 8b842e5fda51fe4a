"""Batches that are filled without aiokafka's own step are those that it would have filled."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from elfaust.delivery.lots import fill, headers_of, lot_of
from elfaust.records import Outgoing, Source

SIZE = 1_500
SOURCES = st.none() | st.builds(Source, st.sampled_from(["raw@id", "host/ü-0"]), st.integers(0, 99))
HEADERS = st.sampled_from([(), (("userAgent", b"x" * 40),)])


def outgoing(value: bytes, at: int, source: Source | None, headers: Any) -> Outgoing:
    return Outgoing("t", 0, value, at, source, headers)


def as_aiokafka(records: list[Outgoing], codec: int) -> list[Any]:
    """Return what its documented way makes of records."""
    batches = [BatchBuilder(SIZE, codec)]
    for record in records:
        for batch in [batches[-1], BatchBuilder(SIZE, codec)]:
            headers: Any = headers_of(record)
            at = record.timestamp
            if batch.append(timestamp=at, key=None, value=record.value, headers=headers):
                if batch is not batches[-1]:
                    batches.append(batch)
                break
    return batches


@pytest.mark.parametrize("codec", [0, 1], ids=["none", "gzip"])
@given(
    values=st.lists(
        st.tuples(st.binary(max_size=2_000), st.integers(-1, 10**12), SOURCES, HEADERS),
        min_size=1,
        max_size=40,
    )
)
def test_batches_are_those_that_aiokafka_fills(codec: int, values: list[Any]) -> None:
    records = [outgoing(*value) for value in values]
    wanted = as_aiokafka(records, codec)
    batches = fill(lot_of(records).rows(), SIZE, codec)
    assert [b.record_count() for b in batches] == [b.record_count() for b in wanted]
    assert [bytes(b._build()) for b in batches] == [bytes(b._build()) for b in wanted]


def test_a_filled_batch_takes_no_more_and_holds_what_it_was_given() -> None:
    record = outgoing(b"value", 10**12, Source("raw", 7), (("userAgent", b"x"),))
    [batch] = fill(lot_of([record]).rows(), SIZE, 0)
    assert batch.append(timestamp=0, key=None, value=b"late") is None
    [sent] = MemoryRecords(bytes(batch._build())).next_batch()
    assert (sent.value, sent.timestamp) == (b"value", 10**12)
    assert sent.headers == [("source", b"raw:7"), ("userAgent", b"x")]
