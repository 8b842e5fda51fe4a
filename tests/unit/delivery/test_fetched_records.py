"""A worker's consumer hands out records as they are taken, and aiokafka's fetcher goes on right."""

from __future__ import annotations

import asyncio
from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from elfaust.delivery.batch import records_of
from elfaust.delivery.fetched_records import as_records
from elfaust.delivery.thread import ConsumerThread
from elfaust.delivery.transport import Transport
from elfaust.records import Record
from elfaust.settings import Settings
from elfaust.testing import make_record
from tests.unit.delivery.played import PlayedWorker
from tests.unit.delivery.test_header_keys import data

TIME = 1_600_000_000_000
LANE = TopicPartition("t", 0)
#: Where a batch says whether it is of Kafka's own marks.
ATTRIBUTES, CONTROL = 21, 0x20


def batch(start: int, count: int, codec: int = 0) -> bytes:
    """Return a batch as a broker sends it, of so many records from an offset on."""
    builder = DefaultRecordBatchBuilder(2, codec, False, -1, -1, -1, 10**6)
    for n in range(count):
        headers = [("source", b"raw:%d" % (start + n))]
        builder.append(n, TIME + n, None, b"value %d" % n, headers)
    return start.to_bytes(8, "big") + bytes(builder.build())[8:]


def wanted(start: int, count: int) -> list[Record]:
    return [
        make_record(b"value %d" % n, start + n, TIME + n, ("raw", start + n), topic="t")
        for n in range(count)
    ]


def reader(fetched: bytes, offset: int = 0, check_sums: bool = True) -> Any:
    """Return what aiokafka takes the records of a fetch from."""
    records = fetcher.MemoryRecords(fetched)
    return fetcher.PartitionRecords(LANE, records, [], offset, None, as_records, check_sums, 0)


class Client:
    """A connection to a broker that has these batches of the lane, and then nothing more."""

    _metadata_max_age_ms = 1_000

    def __init__(self, *batches: bytes) -> None:
        self._loop = asyncio.get_running_loop()
        self.cluster = SimpleNamespace(leader_for_partition=lambda lane: 0)
        self.coming = list(batches)
        #: Where each fetch went on.
        self.asked: list[int] = []

    async def send(self, node: int, request: Any) -> Any:
        [(topic, [(lane, offset, _)])] = request.topics
        self.asked.append(offset)
        if not self.coming:
            await self._loop.create_future()
        answer: tuple[Any, ...] = (lane, 0, 100, 100, [], self.coming.pop(0))
        return SimpleNamespace(API_VERSION=4, topics=[(topic, [answer])])


async def taken(client: Client, deserializer: Any, most: int) -> list[list[Any]]:
    """Return what aiokafka's fetcher hands out, `most` records at a time, up to the end."""
    given: Any = client
    subscriptions = SubscriptionState()
    fetching = Fetcher(given, subscriptions, value_deserializer=deserializer, prefetch_backoff=0.0)
    subscriptions.assign_from_user([LANE])
    subscriptions.seek(LANE, 0)
    parts = []
    while not client.asked or client.coming or fetching._records:
        found = await fetching.fetched_records({LANE}, timeout=0.01, max_records=most)
        parts += found.values()
    await fetching.close()
    return parts


@pytest.mark.parametrize("most", [1, 4, 100])
async def test_aiokafka_s_fetcher_hands_out_records_and_goes_on_after_them(most: int) -> None:
    client = Client(batch(0, 5) + batch(5, 5), batch(10, 3))
    parts = await taken(client, as_records, most)
    assert [record for part in parts for record in part] == wanted(0, 5) + wanted(5, 5) + wanted(
        10, 3
    )
    assert max(map(len, parts)) <= most
    assert client.asked[:2] == [0, 10]


async def test_other_consumers_have_aiokafka_s_own_records() -> None:
    [[first, *_]] = await taken(Client(batch(0, 5)), None, 100)
    assert isinstance(first, ConsumerRecord)


@given(st.integers(0, 12), st.sampled_from([0, 1]), st.integers(1, 20))
def test_records_are_those_that_aiokafka_would_hand_out(offset: int, codec: int, most: int) -> None:
    fetched = batch(0, 4, codec) + batch(6, 1, codec) + batch(7, 5, codec)
    ours = reader(fetched, offset)
    theirs = fetcher_records(fetched, offset)
    more = True
    while more:
        found = list(islice(ours, most))
        more = len(found) == most
        assert found == records_of(list(islice(theirs, most)))
        assert ours.next_fetch_offset == theirs.next_fetch_offset


def fetcher_records(fetched: bytes, offset: int) -> Any:
    records = fetcher.MemoryRecords(fetched)
    return fetcher.PartitionRecords(LANE, records, [], offset, None, None, True, 0)


def test_kafka_s_own_marks_are_passed_over() -> None:
    marks = bytearray(batch(3, 1))
    marks[ATTRIBUTES + 1] |= CONTROL
    fetched = batch(0, 3) + bytes(marks) + batch(4, 2)
    ours = reader(fetched, check_sums=False)
    assert list(ours) == wanted(0, 3) + wanted(4, 2)
    assert ours.next_fetch_offset == 6
    marked = reader(bytes(marks), 3, check_sums=False)
    assert (list(marked), marked.next_fetch_offset) == ([], 4)


def test_a_batch_that_is_not_what_was_written_is_told() -> None:
    broken = bytearray(batch(3, 3))
    broken[-5] ^= 1
    ours = reader(batch(0, 3) + bytes(broken))
    assert [next(ours) for _ in range(3)] == wanted(0, 3)
    with pytest.raises(CorruptRecordException):
        next(ours)
    assert ours.next_fetch_offset == 3


@pytest.mark.parametrize("start", [0, 4, 7])
@pytest.mark.parametrize("key", [b"trace", b"caf\xe9"])
def test_no_header_key_keeps_a_record_from_being_read(key: bytes, start: int) -> None:
    assert list(reader(data(key, 0, start), start)) == [
        make_record(b"value", n, TIME + n % 3, ("raw", n), topic="t") for n in range(start, 9)
    ]


async def test_a_worker_s_consumer_is_made_so() -> None:
    thread: Any = object.__new__(ConsumerThread)
    thread.app = worker = PlayedWorker("processor", Settings())
    consumer = thread._create_worker_consumer(Transport(worker.conf.broker_consumer, worker))
    assert consumer._value_deserializer is as_records
    await consumer.stop()
