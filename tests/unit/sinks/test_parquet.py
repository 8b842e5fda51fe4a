"""Events to Parquet and back: typed by the schema, whatever a batch holds."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from elfaust.registry import Registry, Schema
from elfaust.settings import Settings
from elfaust.sinks.parquet import ParquetWriter, to_bytes
from elfaust.types import Record, SchemaKey

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data" / "cases.jsonl").read_text().splitlines()
]
SCHEMA = Schema(
    SchemaKey("Test", 1),
    {
        "properties": {
            "text": {"type": "string", "default": "none"},
            "whole": {"type": "integer"},
            "real": {"type": "number"},
            "flag": {"type": "boolean"},
            "words": {"type": "array", "items": {"type": "string"}},
            "inner": {"type": "object", "properties": {"deep.key": {"type": "integer"}}},
            "open": {"type": "any"},
        }
    },
)


def record(event: dict[str, Any], **capsule: Any) -> Record:
    value = {"event": event, "uuid": "u", "dt": "2020-09-13T12:26:40Z", **capsule}
    return Record(orjson.dumps(value), 0, 0, "", -1)


def back(records: list[Record], writer: ParquetWriter) -> list[dict[str, Any]]:
    table, refused = writer.table(records)
    assert refused == []
    rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(to_bytes(table))).to_pylist()
    return rows


EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "text": st.text(st.characters(exclude_categories=["Cs"])),
        "whole": st.integers(-(2**63), 2**63 - 1),
        "real": st.floats(allow_nan=False, allow_infinity=False),
        "flag": st.booleans(),
        "words": st.lists(st.text("ab")),
        "inner": st.fixed_dictionaries({}, optional={"deep.key": st.integers(0, 9)}),
        "open": st.integers(0, 9) | st.lists(st.booleans()),
    },
)


@hypothesis(deadline=None)
@given(st.lists(EVENTS, min_size=1, max_size=5))
def test_events_come_back(events: list[dict[str, Any]]) -> None:
    rows = back([record(event) for event in events], ParquetWriter(SCHEMA))
    for row, event in zip(rows, events, strict=True):
        got = row["event"]
        assert got["text"] == event.get("text", "none")
        for name in ("whole", "real", "flag", "words"):
            assert got[name] == event.get(name)
        assert (got["inner"] or {}).get("deep_key") == event.get("inner", {}).get("deep.key")
        assert (None if got["open"] is None else json.loads(got["open"])) == event.get("open")


def test_the_types_are_the_schemas_though_all_values_are_missing() -> None:
    table, _ = ParquetWriter(SCHEMA).table([record({})])
    kinds = {field.name: field.type for field in table.schema.field("event").type}
    assert kinds["whole"] == pa.int64()
    assert kinds["real"] == pa.float64()
    assert kinds["words"] == pa.list_(pa.string())
    assert kinds["open"] == pa.string()


def test_every_recorded_event_comes_back() -> None:
    registry = Registry(Settings().schemas)
    by_key: defaultdict[SchemaKey, list[dict[str, Any]]] = defaultdict(list)
    for case in CASES:
        if case["outcome"] == "valid" and str(2**63) not in case["line"]:
            event = case["event"]
            by_key[SchemaKey(event["schema"], event["revision"])].append(event)
    for key, events in by_key.items():
        schema = registry.get(key)
        assert schema is not None
        records = [Record(orjson.dumps(event), 0, 0, "", -1) for event in events]
        for row, event in zip(back(records, ParquetWriter(schema)), events, strict=True):
            assert row["uuid"] == event["uuid"]
            assert row["webhost"] == event["webHost"]
            assert "ip" not in row
            for name, value in event["event"].items():
                got = row["event"][name]
                if isinstance(value, dict):
                    got = json.loads(got) if isinstance(got, str) else got
                    got = {k: v for k, v in got.items() if v is not None}
                assert got == value, (key, name)


@pytest.mark.parametrize("more", [{}, {"dt": ""}])
def test_the_hour_of_an_event_without_dt_is_that_of_its_timestamp(more: dict[str, str]) -> None:
    value = orjson.dumps({"event": {}, "uuid": "u", "timestamp": 1600000034, **more})
    [row] = back([Record(value, 0, 0, "", -1)], ParquetWriter(SCHEMA))
    assert row["dt"] == "2020-09-13T12:27:14Z"
