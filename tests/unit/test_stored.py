"""What the sinks hold is compared whatever it is: what cannot be compared differs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from elfaust.registry import Schema
from elfaust.sinks.parquet import ParquetWriter, to_bytes
from elfaust.storage import LocalStorage
from elfaust.stored import differences, parquet_rows
from elfaust.types import Record, SchemaKey

SCHEMA = Schema(SchemaKey("Test", 1), {"properties": {"open": {"type": "array"}}})
AGENT = {"browser_family": "Firefox", "is_bot": False, "os_family": "x" * 1_500}


def parquet(agent: object = AGENT, opened: object = (1, 2)) -> dict[str, Any]:
    value = {
        "event": {"open": opened},
        "uuid": "0" * 32,
        "dt": "2020-09-13T12:26:40Z",
        "userAgent": agent,
    }
    table, refused = ParquetWriter(SCHEMA).table([Record(orjson.dumps(value), 0, 0, "", -1)])
    assert not refused
    [row] = table.to_pylist()
    return dict(row)


def mysql(agent: str | None, **more: Any) -> dict[str, Any]:
    return {
        "uuid": "0" * 32,
        "dt": datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC),
        "timestamp": "20200913122640",
        "userAgent": agent,
        "webHost": None,
        "wiki": None,
        "event_open": "[1,2]",
        **more,
    }


SHORT = {**AGENT, "os_family": "x" * 900}


@pytest.mark.parametrize(
    ("stored", "named"),
    [
        (mysql(json.dumps(SHORT)), []),
        (mysql(json.dumps({**SHORT, "is_bot": True})), ["userAgent"]),
        (mysql(json.dumps({**SHORT, "os_family": "y"})), ["userAgent"]),
        (mysql(json.dumps(AGENT)[:1_024]), ["userAgent"]),
        (mysql(json.dumps(SHORT), dt="0000-00-00 00:00:00"), ["dt"]),
        (mysql(json.dumps(SHORT), event_open="[1,"), ["event_open"]),
        (mysql(json.dumps(SHORT), event_open=7), ["event_open"]),
        (mysql(json.dumps(SHORT), event_open="{}"), ["event_open"]),
    ],
)
def test_what_cannot_be_compared_differs(stored: dict[str, Any], named: list[str]) -> None:
    found = differences(SCHEMA, stored, parquet())
    assert [difference.partition(":")[0] for difference in found] == named


def test_only_what_is_too_long_may_be_shortened() -> None:
    short = {**AGENT, "os_family": "x"}
    stored = mysql(json.dumps({**short, "browser_family": "Fire"}))
    [found] = differences(SCHEMA, stored, parquet(short))
    assert found.startswith("userAgent: ")


def test_a_file_without_a_column_differs() -> None:
    row = parquet()
    del row["event"]
    [found] = differences(SCHEMA, mysql(json.dumps(SHORT)), row)
    assert found.startswith("event_open: ")


def test_files_that_are_none_of_ours_are_named(tmp_path: Path) -> None:
    storage, folder = LocalStorage(), tmp_path / "test_1"
    value = orjson.dumps({"event": {}, "uuid": "u", "dt": "2020-09-13T12:26:40Z"})
    table, _ = ParquetWriter(SCHEMA).table([Record(value, 0, 0, "", -1)])
    storage.write(f"{folder}/a.parquet", to_bytes(table))
    storage.write(f"{folder}/b.parquet", to_bytes(table)[:-20])
    storage.write(f"{folder}/c.parquet", b"")
    storage.write(f"{folder}/d.parquet", to_bytes(table.drop_columns(["uuid"])))
    files = parquet_rows(storage, str(folder))
    assert list(files.rows) == list(files.times.elements()) == ["u"]
    assert files.unreadable == [f"{folder}/{name}.parquet" for name in "bcd"]
