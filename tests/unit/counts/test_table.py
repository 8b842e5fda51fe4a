"""The table of counts is recovered from its changelog, whoever wrote late into that."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import faust
import pytest
from faust.types.tuples import Message

from elfaust.counts.entry import CountKey
from elfaust.counts.table import CountsTable, log
from elfaust.models.count import Count

ENTRY = "0|t|Edit|7||all"


def change(count: int | None) -> Any:
    """Return a record of the changelog; None for a deletion."""
    value = None if count is None else Count(count=count, last=0, positions={})
    message = SimpleNamespace(value=value and b"{}", partition=0, topic="c", offset=0)
    return SimpleNamespace(key=ENTRY, value=value, message=message)


@pytest.mark.parametrize(
    ("written", "recovered"),
    [
        ([62, 63], 63),
        # A worker that had lost the lane wrote its 62 after the new owner's 63.
        ([63, 62], 63),
        ([63, None], None),
        ([63, None, 1], 1),
    ],
)
@pytest.mark.parametrize("batches", [1, 3])
def test_an_older_value_written_late_is_not_taken(
    written: list[int | None], recovered: int | None, batches: int
) -> None:
    app = faust.App("test", store="memory://")
    table = CountsTable(app, name="counts", key_type=str, value_type=Count, partitions=1)
    changes = [change(count) for count in written]
    for batch in [changes] if batches == 1 else [[one] for one in changes]:
        table.apply_changelog_batch(batch)
    entry = table.data.get(ENTRY)
    assert (entry and entry.count) == recovered


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, Count(count=1, last=0, positions={})),
        (7, Count(count=1, last=0, positions={})),
        ("no key", Count(count=1, last=0, positions={})),
        (ENTRY, Count(count="1", last=0, positions={})),
        (ENTRY, Count(count=1, last=2**70, positions={})),
        (ENTRY, Count(count=1, last=0, positions=[])),
        (ENTRY, [1]),
        ("no key", None),
    ],
)
def test_somebody_elses_record_in_the_changelog_is_passed_over(
    key: object,
    value: object,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Of a kind it is told once a minute.
    monkeypatch.setattr(log, "filters", [])
    app = faust.App("test", store="memory://")
    table = CountsTable(app, name="counts", key_type=str, value_type=Count, partitions=1)
    message = SimpleNamespace(value=None if value is None else b"{}", partition=0)
    message.topic, message.offset = "changelog", 41
    foreign = SimpleNamespace(key=key, value=value, message=message)
    table.apply_changelog_batch([change(3), foreign, change(4)])
    assert {name: entry.count for name, entry in table.data.items()} == {ENTRY: 4}
    assert "changelog/0 at 41" in caplog.text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (ENTRY.encode(), b"{"),
        (ENTRY.encode(), b""),
        (ENTRY.encode(), b"5"),
        (ENTRY.encode(), b"\xff"),
        (ENTRY.encode(), b'{"count": 1}'),
        (b"\xff", b'{"count": 1, "last": 0, "positions": {}}'),
        (None, b"{"),
    ],
)
async def test_a_record_that_cannot_be_read_is_passed_over_and_raises_nothing(
    key: bytes | None, value: bytes
) -> None:
    app = faust.App("test", store="memory://")
    names = {"key_type": str, "value_type": Count, "partitions": 1}
    table = CountsTable(app, name="counts", **names)
    message = Message("c", 0, 7, 0.0, 0, {}, key, value, None)
    event = await table.changelog_topic.decode(message, propagate=True)
    table.apply_changelog_batch([change(3), event])
    assert {name: entry.count for name, entry in table.data.items()} == {ENTRY: 3}


def test_minutes_that_are_over_are_deleted_of_ones_own_lanes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[tuple[int, str, object]] = []

    def send(_: object, lane: int, name: str, value: object, **__: object) -> Any:
        written.append((lane, name, value))
        return SimpleNamespace(message=SimpleNamespace(partition=lane))

    monkeypatch.setattr(faust.Table, "send_changelog", send)
    app = faust.App("test", store="memory://")
    table = CountsTable(app, name="counts", key_type=str, value_type=Count, partitions=4)
    keys = [CountKey(lane, "t", "Edit", 7, "", minute) for lane in (0, 1) for minute in (5, 90)]
    for key in [*keys, CountKey(0, "t", "Edit", 7, "", None)]:
        table.data[key.encode()] = Count(count=1, last=0, positions={})
    table.forget({0}, now=100 * 60.0, minutes=60, hours=1)
    assert keys[0].encode() not in table.data
    assert len(table.data) == 4
    assert written == [(0, keys[0].encode(), None)]
