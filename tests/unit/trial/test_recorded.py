"""Recorded lines: every one an event of its own, one in twenty invalid, the same each time."""

from __future__ import annotations

import asyncio
from collections import Counter

import orjson

from elfaust.events.verdict import Judge
from elfaust.records import Record
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record
from elfaust.trial.recorded import recorded_lines


def test_one_line_in_twenty_is_invalid_and_no_uuid_comes_twice() -> None:
    settings = Settings()
    registry = Registry(settings.schemas)
    stores = enabled_stores(settings).values()
    judges = {
        "client": Judge(settings.processor.client_format, registry, settings, stores),
        "server": Judge(settings.processor.server_format, registry, settings, stores),
    }
    uuids: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    lines: dict[str, list[Record]] = {kind: [] for kind in judges}
    for number, (kind, line) in enumerate(recorded_lines(4_000, start=20, base_time=1.6e9)):
        lines[kind].append(make_record(line, number, 0))
    for kind, judge in judges.items():
        for verdict in asyncio.run(judge.judge(lines[kind], kind)):
            codes[verdict.code or "valid"] += 1
            uuids[orjson.loads(verdict.value)["uuid"]] += 1
    assert codes["valid"] == 3_800
    assert set(codes) == {"valid", "processor", "validation", "consumer"}
    assert max(uuids.values()) == 1


def test_lines_follow_from_their_numbers() -> None:
    lines = list(recorded_lines(100, start=5, base_time=1.6e9))
    assert list(recorded_lines(40, start=65, base_time=1.6e9)) == lines[60:]
