"""Header keys that are no UTF-8: any client may write them, and aiokafka's consumer ends on them.

Its reader raises for a whole fetch, again and again. Here such a fetch is read by the slow reader
that aiokafka has for machines without its extensions, with what is no UTF-8 replaced.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record import memory_records
from aiokafka.record.default_records import _DefaultRecordBatchPy

#: Where a batch has the number of its format; of those before 2 no record has headers.
MAGIC_OFFSET, FIRST_WITH_HEADERS = 16, 2


class Kept(memory_records.MemoryRecords):  # type: ignore[misc]
    """aiokafka's reader of a fetch, which keeps the bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data


class PartitionRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """The records of a fetch."""

    next_fetch_offset: int
    _records: Any
    _records_iterator: Any

    def __next__(self) -> Any:
        try:
            return next(self._records_iterator)
        except StopIteration:
            self._records_iterator = None
            raise
        except UnicodeDecodeError:
            self._records = LenientRecords(self._records.data, self.next_fetch_offset)
            self._records_iterator = self._unpack_records()
            return next(self)


class LenientRecords:
    """The batches of a fetch from the one with an offset on: aiokafka would go back to others."""

    def __init__(self, data: bytes, offset: int) -> None:
        batches = _batches(memory_records._MemoryRecordsPy(data))
        self._batches = deque(batch for batch in batches if batch.next_offset > offset)

    def has_next(self) -> bool:
        return bool(self._batches)

    def next_batch(self) -> Any:
        return self._batches.popleft()


def _batches(records: memory_records._MemoryRecordsPy) -> Iterator[Any]:
    while (data := records._next_slice) is not None:
        batch = records.next_batch()
        yield batch if data[MAGIC_OFFSET] < FIRST_WITH_HEADERS else _LenientBatch(data)


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Lenient(self._buffer)


class _Lenient(bytearray):
    """Bytes whose parts are decoded in any case."""

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return _Lenient(part) if isinstance(index, slice) else part

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        return super().decode(encoding, "replace")


def install() -> None:
    """Have every consumer of this process read so."""
    fetcher.MemoryRecords, fetcher.PartitionRecords = Kept, PartitionRecords
