"""What a worker's consumer makes of a fetch: records as the rooms take them, at once.

aiokafka makes an object of its own of each record first, which costs as much as all the rest of the
transport. A consumer that is made with as_records goes without; all others are as they were. What
is used of aiokafka here are its readers of batches, which have no names of a private kind, and the
one place where it makes what reads a fetch: tests/unit/delivery/test_fetched_records.py has
aiokafka's own fetcher go through it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException

from elfaust.delivery.batch import read_records
from elfaust.delivery.header_keys import Kept, LenientRecords, PartitionRecords
from elfaust.records import Record


def as_records(value: bytes) -> bytes:
    """Leave a value as it is: `value_deserializer` of a consumer that hands out `Record`s."""
    return value


class FetchedRecords:
    """The records of a fetch of one lane, from an offset on.

    Iterating raises CorruptRecordException at a batch whose check sum is wrong. Records of
    transactions that were aborted are among them: a worker's consumer reads what is not committed.
    """

    def __init__(
        self, lane: TopicPartition, fetched: Kept, offset: int, check_sums: bool = True
    ) -> None:
        #: Where the next fetch goes on, as aiokafka asks after each record that it takes.
        self.next_fetch_offset = offset
        self._records = self._read(lane, fetched, check_sums)

    def __iter__(self) -> Iterator[Record]:
        return self._records

    def __next__(self) -> Record:
        return next(self._records)

    def _read(self, lane: TopicPartition, fetched: Kept, check_sums: bool) -> Iterator[Record]:
        topic, partition = lane
        batches: Any = fetched
        while batches.has_next():
            batch = batches.next_batch()
            if check_sums and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {lane}")
            if not batch.is_control_batch:
                first = self.next_fetch_offset
                try:
                    records = read_records(topic, partition, batch)
                except UnicodeDecodeError:
                    batches = LenientRecords(fetched.data, first)
                    continue
                for record in records:
                    # A batch comes whole, with what is before the offset that was asked for.
                    if record.offset >= first:
                        self.next_fetch_offset = record.offset + 1
                        yield record
            # Also where the last records of a batch were compacted away.
            self.next_fetch_offset = batch.next_offset


def _reader(
    lane: TopicPartition,
    fetched: Kept,
    aborted: Any,
    offset: int,
    key_deserializer: Any,
    value_deserializer: Any,
    check_sums: bool,
    isolation: int,
) -> FetchedRecords | PartitionRecords:
    """Return what reads a fetch; aiokafka calls it as its own `PartitionRecords`."""
    if value_deserializer is as_records:
        return FetchedRecords(lane, fetched, offset, check_sums)
    return PartitionRecords(
        lane, fetched, aborted, offset, key_deserializer, value_deserializer, check_sums, isolation
    )


# Whoever has `as_records` has this, in whatever order modules are imported.
fetcher.PartitionRecords = _reader
