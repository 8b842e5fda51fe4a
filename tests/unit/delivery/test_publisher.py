"""The publisher's batches: none is longer than its topic takes, and nothing is sent if one is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from aiokafka.record import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from elfaust.delivery.lots import AHEAD_MS, lot_of
from elfaust.delivery.publisher import Publisher
from elfaust.errors import EventFault, TooLong, TopicRefuses, Unacknowledged
from elfaust.events.event_error import error_event, shortened
from elfaust.records import UNKNOWN_TIME, Outgoing, Source
from elfaust.settings import Settings

LIMIT = 2_000


class Producer:
    """Takes batches as a broker does: it refuses what is longer than the topic's limit."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.count = 0

    async def partitions_for(self, topic: str) -> Sequence[int]:
        return range(4)

    async def send_batch(self, batch: Any, topic: str, partition: int) -> asyncio.Future[Any]:
        acknowledged = asyncio.get_running_loop().create_future()
        acknowledged.set_result(SimpleNamespace(offset=self.count))
        self.count += batch.record_count()
        self.sizes.append(len(batch._build()))
        return acknowledged


class Admin:
    """Knows the limit of its topics."""

    def __init__(self, refusing: Mapping[str, str] = MappingProxyType({})) -> None:
        self._refusing = refusing

    async def create(self, names: Iterable[str]) -> dict[str, str]:
        return {name: self._refusing[name] for name in names if name in self._refusing}

    def limit(self, topic: str) -> int:
        return LIMIT


def publisher(producer: Producer, compression: str = "none") -> Publisher:
    kafka = replace(Settings().kafka, compression=compression)
    double: Any = Admin()
    return Publisher(replace(Settings(), kafka=kafka), producer, double)


def record(value: bytes, position: int = 0) -> Outgoing:
    return Outgoing(
        "topic", 0, value, 1_000, Source("s" * 100, position), (("userAgent", b"x" * 50),)
    )


@given(st.lists(st.binary(max_size=2_500), min_size=1, max_size=30))
async def test_nothing_is_sent_unless_all_fits_and_what_is_cut_fits(values: list[bytes]) -> None:
    producer = Producer()
    records = [record(value, n) for n, value in enumerate(values)]
    try:
        await publisher(producer).publish(records)
    except TooLong as error:
        assert producer.count == 0
        fits = error.records
        assert all(len(long.value) > fits[long] for long in fits)
        records = [r._replace(value=r.value[: fits[r]]) if r in fits else r for r in records]
        await publisher(producer).publish(records)
    assert producer.count == len(records)
    assert max(producer.sizes) <= LIMIT


async def test_an_event_error_is_cut_to_what_its_topic_takes() -> None:
    producer, settings = Producer(), replace(Settings().processor, error_raw_bytes=100_000)
    fault = EventFault("processor", "why", "Edit", 7)
    # A byte of these takes six in JSON.
    values = [
        error_event(raw, fault, origin="raw/0", offset=n, timestamp=1, settings=settings)
        for n, raw in enumerate([b"\1" * 50_000, b"short"])
    ]
    topic = Settings().topics.error
    errors = [record(value)._replace(topic=topic, shorten=shortened) for value in values]
    await publisher(producer).publish(errors)
    assert (producer.count, max(producer.sizes) <= LIMIT) == (2, True)


@pytest.mark.parametrize("codec", ["gzip", "zstd", "lz4", "snappy"])
async def test_what_a_codec_makes_no_shorter_fits_too(codec: str) -> None:
    import random

    producer, value = Producer(), random.Random(1).randbytes(LIMIT)
    with pytest.raises(TooLong) as caught:
        await publisher(producer, codec).publish([record(value)])
    [(long, fits)] = caught.value.records.items()
    await publisher(producer, codec).publish([long._replace(value=value[:fits])])
    assert max(producer.sizes) <= LIMIT


@pytest.mark.parametrize(
    ("ahead", "kept"), [(-(10**10), True), (0, True), (AHEAD_MS // 2, True), (AHEAD_MS * 2, False)]
)
def test_no_record_has_a_time_for_which_brokers_refuse_its_batch(ahead: int, kept: bool) -> None:
    moment = int(time.time() * 1000) + ahead
    producer: Any = Producer()
    [batch], _ = publisher(producer)._fill(lot_of([record(b"x")._replace(timestamp=moment)]), LIMIT)
    [sent] = MemoryRecords(bytes(batch._build())).next_batch()
    assert sent.timestamp == (moment if kept else UNKNOWN_TIME)


async def test_a_schema_s_topic_may_refuse_and_the_topic_of_errors_may_not() -> None:
    producer: Any = Producer()
    event, errors = "eventlogging_Edit_1", Settings().topics.error
    double: Any = Admin({event: "compacted", errors: "compacted"})
    publishing = Publisher(Settings(), producer, double)
    refused, taken = record(b"a")._replace(topic=event), record(b"b", 1)
    with pytest.raises(TopicRefuses) as caught:
        await publishing.publish([refused, taken])
    assert (caught.value.records, producer.count) == ({refused: "compacted"}, 1)
    with pytest.raises(Unacknowledged, match="compacted"):
        await publishing.publish([record(b"{}")._replace(topic=errors)])
