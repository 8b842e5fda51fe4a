"""Records are read whatever the keys of their headers are."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from elfaust.delivery.batch import records_of
from elfaust.testing import make_record

TIME = 1_600_000_000_000


class Key(str):
    """The key of a header that some client wrote as other bytes."""

    written: bytes

    def encode(self, *_: str) -> bytes:
        return self.written


def data(written: bytes, codec: int, offset: int) -> bytes:
    """Return what a broker sends of three batches of three records from an offset on.

    In the second one a header has that key.
    """
    key = Key()
    key.written = written
    batches = b""
    for start in range(offset // 3 * 3, 9, 3):
        builder = _DefaultRecordBatchBuilderPy(2, codec, False, -1, -1, -1, 100_000)
        for n in range(3):
            trace = key if (start, n) == (3, 1) else "trace"
            headers = [(trace, b"?"), ("source", b"raw:%d" % (start + n))]
            builder.append(n, TIME + n, b"key" if n else None, b"value", headers)
        batches += start.to_bytes(8, "big") + bytes(builder.build())[8:]
    return batches


def read(fetched: bytes, start: int) -> list[Any]:
    """Return what a consumer makes of a fetch, from an offset on."""
    records = fetcher.MemoryRecords(fetched)
    lane = TopicPartition("t", 0)
    return list(fetcher.PartitionRecords(lane, records, [], start, None, None, True, 0))


@pytest.mark.parametrize("start", [0, 4, 7])
@pytest.mark.parametrize("codec", [0, 1], ids=["plain", "gzip"])
@pytest.mark.parametrize("key", [b"trace", b"", b"\xff\xfe", b"caf\xe9", b"\xc3\x28"])
def test_no_header_key_keeps_a_record_from_being_read(key: bytes, codec: int, start: int) -> None:
    found = read(data(key, codec, start), start)
    assert records_of(found) == [
        make_record(b"value", n, TIME + n % 3, ("raw", n), topic="t") for n in range(start, 9)
    ]
    written = [record.headers[0][0] for record in found if record.offset == 4]
    assert written == [key.decode("utf-8", "replace")] * (start <= 4)


def test_a_fetch_that_is_cut_ends_where_it_is_cut() -> None:
    assert len(read(data(b"\xff", 0, 0)[:-5], 0)) == 6
    assert read(b"", 0) == []
