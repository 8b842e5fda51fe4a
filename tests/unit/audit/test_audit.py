"""What an audit waits for."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from elfaust.audit import audit as module
from elfaust.audit.account import Account
from elfaust.delivery.lag import LaneLag
from elfaust.overview.overview import Overview
from elfaust.settings import Settings


async def nobody(_: Settings) -> Overview:
    return Overview(0.0, [], ())


@pytest.mark.parametrize(
    ("stores", "waits"),
    [
        ("mysql hdfs", {"processor": 0, "mysql": 2, "hdfs": 5}),
        ("mysql", {"processor": 0, "mysql": 2}),
        ("hdfs", {"processor": 0, "hdfs": 5}),
    ],
)
async def test_a_store_that_keeps_no_events_is_waited_for_by_nobody(
    monkeypatch: pytest.MonkeyPatch, stores: str, waits: dict[str, int]
) -> None:
    acknowledged = {"processor": 9, "mysql": 7, "hdfs": 4}

    async def lags(_: Settings) -> list[LaneLag]:
        return [LaneLag("t", 0, role, 9, done) for role, done in acknowledged.items()]

    async def compared(*_: Any) -> Any:
        return SimpleNamespace(findings=[], notes=[]), Account(0, [], {}), {}

    base = Settings()
    hdfs = replace(base.hdfs, storage="local", root="/nowhere/event")
    processor = replace(base.processor, stores=stores)
    monkeypatch.setattr(module, "_lags", lags)
    monkeypatch.setattr(module, "_compared", compared)
    monkeypatch.setattr(module, "look", nobody)
    found = await module.audit(replace(base, hdfs=hdfs, processor=processor))
    assert found.waiting == waits
    assert len(found.incomplete) == len(waits) - 1


@pytest.mark.parametrize("older", [{}, {"eventlogging_Edit_1": 4}])
async def test_numbers_are_not_held_to_each_other_where_kafka_has_let_records_go(
    monkeypatch: pytest.MonkeyPatch, older: dict[str, int]
) -> None:
    async def lags(_: Settings) -> list[LaneLag]:
        return []

    async def compared(*_: Any) -> Any:
        return SimpleNamespace(findings=[], notes=[]), Account(7, [], {}), older

    base = Settings()
    monkeypatch.setattr(module, "_lags", lags)
    monkeypatch.setattr(module, "_compared", compared)
    monkeypatch.setattr(module, "look", nobody)
    hdfs = replace(base.hdfs, storage="local", root="/nowhere/event")
    found = await module.audit(replace(base, hdfs=hdfs))
    assert [of.kind for of in found.findings] == ([] if older else ["unbalanced"])
    assert [(of.kind, of.number) for of in found.notes] == ([("older", 4)] if older else [])
