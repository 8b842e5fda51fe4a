"""What a changelog's records become, and a Kafka that is away."""

from __future__ import annotations

import asyncio
import logging
import time
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from elfaust.counts.entry import MOST
from elfaust.counts.reader import CountsReader, read_counts
from elfaust.errors import ServerAway
from elfaust.records import SchemaKey
from elfaust.settings import Kafka, Settings

#: Nobody listens on TCP port 1.
AWAY = Settings(kafka=Kafka(bootstrap="127.0.0.1:1"))


def record(key: bytes | None, value: bytes | None, lane: int = 0, offset: int = 5) -> Any:
    return SimpleNamespace(timestamp=0, partition=lane, offset=offset, key=key, value=value)


def entry(count: int, **more: object) -> bytes:
    return orjson.dumps({"count": count, "last": 1, "positions": {}} | more)


def test_records_of_the_changelog_feed_the_view() -> None:
    reader = CountsReader(AWAY)
    reader.apply(
        [
            record(b"0|t|Edit|7||all", b'{"count": 3, "last": 1, "positions": {}}'),
            record(b'"1|t|Edit|7||all"', b'{"count": 4, "last": 2, "positions": {}}', 1),
            record(b"2|t|Edit|7||all", b'{"count": 4, "last": 2, "positions": {}}', 2),
            record(b"2|t|Edit|7||all", None, 2, 6),
        ]
    )
    assert [row.valid for row in reader.view.rows()] == [7]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, b"{}"),
        (b"no key", b"{}"),
        (b"\xff", b"{}"),
        (b"0|t|Edit|7||all", b"no json"),
        (b"0|t|Edit|7||all", b"{}"),
        (b"0|t|Edit|7||all", b"[]"),
        (b"0|t|Edit|7||all", b'{"count": 1e400, "last": 0, "positions": {}}'),
        (b"0|t|Edit|7||all", b'{"count": 1, "last": 1%0400d, "positions": {}}' % 0),
        (b"0|t|Edit|7||all", b'{"count": 1, "last": 253402300800000, "positions": {}}'),
        (b"0|t|Edit|7||all", b'{"count": 1, "last": 0, "positions": {"raw": "1"}}'),
        (b"1|t|Edit|7||all", entry(1)),
        (b"0|t|Edit|7||all", entry(1, positions=dict.fromkeys(map(str, range(65)), 1))),
        (b"0|t|Edit|7||all", entry(1, positions={"x" * 1_000_000: 1})),
        (b"0|t|Edit|7||all", entry(1, ranges={"raw": list(range(10_000))})),
        (b"0|t|Edit|7||all", entry(1, ranges={str(n): [1, 2] for n in range(65)})),
    ],
)
def test_a_strange_record_is_logged_and_passed_over(
    key: bytes | None, value: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    reader = CountsReader(AWAY)
    reader.apply(
        [
            record(key, value),
            record(b"0|t|Edit|7||all|0123456789ab", entry(4)),
        ]
    )
    assert [row.valid for row in reader.view.rows()] == [4]
    assert "elfaust-throughput-counts-changelog/0 at 5" in caplog.text


async def test_of_an_older_versions_key_the_larger_count_stays_however_late_others_come() -> None:
    """Every worker that had the lane wrote it, one that was frozen too."""
    reader = CountsReader(AWAY)
    key = b'"0|t|Edit|7||all"'
    await reader._take_in([record(key, entry(count), offset=count) for count in (61, 63, 62)])
    assert [row.valid for row in reader.view.rows()] == [63]


def test_counts_that_nobody_has_reached_add_up() -> None:
    """Whoever may write into the changelog makes up topics, of one schema each."""
    reader, hour, most = CountsReader(AWAY), int(time.time() // 3600), MOST - 1
    reader.apply(
        [
            record(f"0|t{n}|Edit|7||{when}|{n:012x}".encode(), entry(most), offset=n)
            for n in range(2_000)
            for when in ("all", f"h{hour}")
        ]
    )
    [(valid, _, _)] = reader.view.hours.numbers(SchemaKey("Edit", 7), [hour])
    assert valid == 2_000 * most
    assert orjson.dumps(reader.view.as_json())


async def test_counts_are_not_read_without_kafka() -> None:
    with pytest.raises(ServerAway, match=r"127\.0\.0\.1:1"):
        await read_counts(AWAY)


async def test_the_reader_waits_for_kafka_and_stops_when_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "elfaust")
    reader = CountsReader(AWAY)
    await reader.start()
    await reader.start()
    async with asyncio.timeout(20):
        while "trying again" not in caplog.text:
            await asyncio.sleep(0.05)
    await reader.stop()
    await reader.stop()
    assert not reader.view.complete


async def test_what_ends_the_reading_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: CountsReader) -> None:
        raise RuntimeError("the reading has ended")

    monkeypatch.setattr(CountsReader, "_read", broken)
    with pytest.raises(RuntimeError, match="the reading has ended"):
        await CountsReader(Settings()).run()
