"""The MySQL role: batches of several lanes in one write."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from elfaust.agents import mysql
from elfaust.errors import EventFault
from elfaust.names import TopicNames
from elfaust.records import Record, SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.base import Rejected
from elfaust.sinks.buffer import Buffered
from elfaust.testing import make_record
from tests.stand_in import stand_in

KEY = SchemaKey("Edit", 1)


class FakeSink:
    """Refuses the records of given offsets; keeps what it was told."""

    def __init__(self) -> None:
        self.refuses: set[int] = set()
        self.writes: list[tuple[SchemaKey, list[int], set[int]]] = []

    def ping(self) -> None:
        pass

    def forget(self) -> None:
        pass

    def write(self, key: SchemaKey, records: list[Record], lanes: set[int]) -> list[Rejected]:
        self.writes.append((key, [record.offset for record in records], lanes))
        fault = EventFault("consumer", "refused", *key)
        return [Rejected(record, fault) for record in records if record.offset in self.refuses]


def batch(topic: str, lane: int, *offsets: int) -> Buffered:
    records = [make_record(b"{}", offset, 0, topic=topic, lane=lane) for offset in offsets]
    return Buffered(topic, lane, 1, records, lambda: None)


def test_a_write_is_told_its_lanes_and_a_refused_record_keeps_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sink, given = FakeSink(), dict[str, Any]()
    monkeypatch.setattr(mysql, "MysqlSink", lambda *_: sink)
    monkeypatch.setattr(mysql, "Buffer", lambda **all_of_it: given.update(all_of_it))
    monkeypatch.setattr(mysql, "reporter", lambda app: None)
    monkeypatch.setattr(mysql, "pauser", lambda app: None)
    fed: list[Any] = []
    monkeypatch.setattr(mysql, "attach", lambda *of: fed.extend(of))
    settings = Settings()
    names = TopicNames(settings)
    mysql.register(
        stand_in(
            settings=settings, names=names, require_server=lambda *_: None, events=lambda _: None
        )
    )
    topic = names.event(KEY)
    batches = [batch(topic, 0, 1, 2), batch(topic, 3, 7, 8), batch(topic, 0, 3)]
    assert asyncio.run(given["write"](topic, batches)) == []
    assert sink.writes == [(KEY, [1, 2, 7, 8, 3], {0, 3})]
    sink.refuses = {8, 3}
    refused: list[Rejected] = asyncio.run(given["write"](topic, batches))
    assert [(one.record.lane, one.record.offset) for one in refused] == [(3, 8), (0, 3)]
    # Lanes that move are looked up again.
    assert fed[-1] == sink.forget
