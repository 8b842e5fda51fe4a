"""What a changelog's records become, and a Kafka that is away."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest

from elfaust.counts.reader import CountsReader, read_counts
from elfaust.errors import ServerAway
from elfaust.settings import Kafka, Settings

#: Nobody listens on TCP port 1.
AWAY = Settings(kafka=Kafka(bootstrap="127.0.0.1:1"))


def record(key: bytes | None, value: bytes | None) -> Any:
    return SimpleNamespace(timestamp=0, partition=0, offset=5, key=key, value=value)


def test_records_of_the_changelog_feed_the_view() -> None:
    reader = CountsReader(AWAY)
    reader.apply(
        [
            record(b"0|t|Edit|7||all", b'{"count": 3, "last": 1, "positions": {}}'),
            record(b'"1|t|Edit|7||all"', b'{"count": 4, "last": 2, "positions": {}}'),
            record(b"2|t|Edit|7||all", b'{"count": 4, "last": 2, "positions": {}}'),
            record(b"2|t|Edit|7||all", None),
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
    ],
)
def test_a_strange_record_is_logged_and_passed_over(
    key: bytes | None, value: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    reader = CountsReader(AWAY)
    reader.apply(
        [
            record(key, value),
            record(b"1|t|Edit|7||all", b'{"count": 4, "last": 2, "positions": {}}'),
        ]
    )
    assert [row.valid for row in reader.view.rows()] == [4]
    assert "elfaust-throughput-counts-changelog/0 at 5" in caplog.text


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
