"""Records that elfaust did not write, in every topic: no worker ends, each has one outcome."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.audit.audit import Audit, audit
from elfaust.counts.reader import read_counts
from elfaust.delivery.publisher import make_producer
from elfaust.delivery.topics import TopicAdmin
from elfaust.names import TopicNames, changelog_topic
from elfaust.records import UNKNOWN_TIME, SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores
from elfaust.trial.job import landed, send
from tests.integration.running import working

LINES = 400
KEY = SchemaKey("SpecialMuteSubmit", 19679477)
NOW = int(time.time() * 1000)


class Foreign(NamedTuple):
    """A record as some client writes it."""

    value: bytes | None
    timestamp: int = NOW
    key: bytes | None = b"key"
    headers: Sequence[tuple[str, bytes | None]] = ()


def event(**more: object) -> bytes:
    """Return an event that both sinks store."""
    capsule = {
        "event": {"emailsBefore": True, "emailsAfter": False},
        "schema": KEY.schema,
        "revision": KEY.revision,
        "uuid": "0123456789abcdef" * 2,
        "dt": "2020-09-13T12:26:40Z",
    }
    return orjson.dumps({**capsule, **more})


RAW = [
    Foreign(b"garbage", UNKNOWN_TIME),
    Foreign(b"garbage", 1_600_000_000),
    Foreign(None, headers=[("source", None)]),
    Foreign(b"garbage", headers=[("source", b"x")]),
    Foreign(b"garbage", headers=[("source", b"x:-5")]),
    Foreign(b"garbage", headers=[(f"h{n}", b"x") for n in range(300)]),
]
GOOD = [Foreign(event(), UNKNOWN_TIME)]
BAD = [
    Foreign(None),
    Foreign(b"", UNKNOWN_TIME),
    Foreign(b"no JSON"),
    Foreign(b"[1]"),
    Foreign(b"{}"),
    Foreign(event(event=None)),
    Foreign(event(uuid=None)),
    Foreign(event()[:-1] + b',"seqId":1' + b"0" * 400 + b"}"),
    Foreign(event(uuid="f" * 32, dt="yesterday"), UNKNOWN_TIME),
    # Deeper than anybody writes JSON.
    Foreign(event()[:-1] + b',"userAgent":{"os_major":%s%s}}' % (b"[" * 900, b"]" * 900)),
]
MADE_UP = {"code": "validation", "schema": "MadeUp", "revision": 7, "unknown": True}
ERRORS = [
    Foreign(None),
    Foreign(b"no JSON", UNKNOWN_TIME),
    Foreign(b'{"event":[]}'),
    *(Foreign(orjson.dumps({"event": {**MADE_UP, "schema": f"Made{n}"}})) for n in range(20)),
]
CHANGES = [
    Foreign(b"x"),
    Foreign(b'{"a":1}', key=b"0|t|Edit|7||all"),
    Foreign(b'{"count":"1","last":0,"positions":{}}', key=b"0|t|Edit|7||all"),
    Foreign(b'{"count":1,"last":1e300,"positions":{}}', key=b"1|t|Edit|7||all"),
    Foreign(b"[]", key=b"\xff"),
    Foreign(b"{", key=b"0|t|Edit|7||all"),
]


async def write(settings: Settings, topics: dict[str, list[Foreign]]) -> None:
    """Write records to lane 0 of topics, as they are."""
    producer, admin = make_producer(settings.kafka), TopicAdmin(settings)
    await producer.start()
    try:
        await admin.ensure([name for name in topics if name != changelog_topic(settings)])
        for topic, records in topics.items():
            batch: Any = producer.create_batch()
            for value, timestamp, key, headers in records:
                batch.append(timestamp=timestamp, key=key, value=value, headers=list(headers))
            await (await producer.send_batch(batch, topic, partition=0))
    finally:
        await producer.stop()
        await admin.close()


async def entries(settings: Settings) -> set[bytes]:
    """Return the keys in the changelog of the counts."""
    lanes = [TopicPartition(changelog_topic(settings), n) for n in range(settings.topics.lanes)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign(lanes)
        ends, keys = await consumer.end_offsets(lanes), set[bytes]()
        for lane in lanes:
            while await consumer.position(lane) < ends[lane]:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    keys.update(record.key for record in records)
        return keys
    finally:
        await consumer.stop()


async def all_landed(settings: Settings) -> Audit:
    await landed(settings, LINES + len(RAW), timeout=60.0)
    return await audit(settings)


@pytest.mark.timeout(180)
def test_no_record_of_any_topic_ends_a_worker(quick: Settings) -> None:
    names = TopicNames(quick)
    topics = {
        names.raw[0]: RAW,
        names.event(KEY): [*GOOD, *BAD],
        names.error: ERRORS,
        changelog_topic(quick): CHANGES,
    }
    with working(quick, forwarder=0) as codes:
        asyncio.run(send(quick, LINES // 2))
        asyncio.run(landed(quick, LINES // 2, timeout=60.0))
        asyncio.run(write(quick, topics))
        asyncio.run(landed(quick, LINES // 2 + len(RAW), timeout=60.0))
    assert codes.ended == []
    # The table of counts is recovered from a changelog that somebody else has written to, last.
    asyncio.run(write(quick, {changelog_topic(quick): CHANGES}))
    with working(quick, forwarder=0) as codes:
        asyncio.run(send(quick, LINES // 2))
        found = asyncio.run(all_landed(quick))
        view = asyncio.run(read_counts(quick))
        keys = asyncio.run(entries(quick))
    assert codes.ended == []
    [entry] = [entry for entry in found.account.entries if entry.key == KEY]
    assert entry.unfit == {"mysql": len(BAD), "hdfs": len(BAD)}
    assert entry.problems(enabled_stores(quick)) == []
    # Events and errors that were never a raw line are all that does not add up.
    judged = LINES + len(RAW) + len(GOOD) + len(BAD) + len(ERRORS)
    wrong = f"{LINES + len(RAW)} raw lines, {judged} stored or errors"
    assert [finding.detail for finding in found.findings] == [wrong]
    assert not any(row.schema.startswith("Made") for row in view.rows())
    assert not any(b"|Made" in key for key in keys)
