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


INNER = Schema(
    SchemaKey("Inner", 1),
    {
        "properties": {
            "a": {"properties": {"b": {"type": "integer"}, "c": {}, "d": {"default": "x"}}},
            "items": {"type": "array", "items": {"type": "any"}},
            "share": {"type": "number"},
            "timestamp": {},
        }
    },
)


@pytest.mark.parametrize(
    ("event", "row", "moment"),
    [
        ({"a": {"b": 7, "c": [1]}}, {"event_a_b": 7, "event_a_c": "[1]"}, "2020-09-13T12:26:40Z"),
        ({"a": {"c": 16}}, {"event_a_c": "16"}, "2020-09-13T12:26:40Z"),
        ({"a": "text"}, {}, "2020-09-13T12:26:40Z"),
        ({"items": [1.5, {"b": {}}]}, {"event_items": '[1.5,{"b":{}}]'}, "2020-09-13T12:26:40Z"),
        ({"share": 1e-45}, {"event_share": 1.4013e-45}, "2020-09-13T12:26:40Z"),
        ({"share": 5e-324}, {"event_share": 0.0}, "2020-09-13T12:26:40Z"),
        ({"timestamp": 5}, {"event_timestamp": "19700101000005"}, "2020-09-13T12:26:40Z"),
        ({"timestamp": "x"}, {"event_timestamp": "x"}, "2020-09-13T12:26:40Z"),
        ({}, {}, "0999-12-31T23:59:59Z"),
    ],
)
def test_what_both_hold_in_ways_of_their_own_is_the_same(
    event: dict[str, Any], row: dict[str, Any], moment: str
) -> None:
    value = {"event": event, "uuid": "0" * 32, "dt": moment}
    table, _ = ParquetWriter(INNER).table([Record(orjson.dumps(value), 0, 0, "", -1)])
    nothing = dict.fromkeys(
        ["event_a_b", "event_a_c", "event_items", "event_share", "event_timestamp"]
    )
    stored = mysql(None, event_a_d="x", **{**nothing, **row})
    stored["dt"] = datetime.fromisoformat(moment)
    stored["timestamp"] = "".join(filter(str.isdigit, moment))
    [in_parquet] = table.to_pylist()
    assert list(differences(INNER, stored, in_parquet)) == []
    changed = {**stored, "event_a_b": 8, "event_items": "[2]", "event_share": 0.1}
    found = [text.partition(":")[0] for text in differences(INNER, changed, in_parquet)]
    assert sorted(found) == ["event_a_b", "event_items", "event_share"]


def test_of_a_user_agent_that_a_client_has_parsed_the_keys_that_parquet_has_count() -> None:
    sent = {"browser_family": "Own", "a": [1]}
    assert list(differences(SCHEMA, mysql(json.dumps(sent)), parquet(sent))) == []
    other = mysql(json.dumps({**sent, "browser_family": "Other"}))
    assert len(list(differences(SCHEMA, other, parquet(sent)))) == 1
