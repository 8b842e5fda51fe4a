"""Events to Parquet and back: typed by the schema, whatever a batch holds."""

from __future__ import annotations

import contextlib
import io
import json
from collections import defaultdict
from datetime import datetime
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.delivery.batch import END_OF_TIME
from elfaust.errors import SchemaUnfit
from elfaust.events.capsule import parse_user_agent
from elfaust.records import UNKNOWN_TIME, Record, SchemaKey
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.settings import Settings
from elfaust.sinks.parquet.table import ParquetWriter, to_bytes
from elfaust.testing import make_record
from elfaust.trial.recorded import RECORDED
from tests.unit.sinks.parquet.events import PLAIN, SCHEMA, raw, record

CASES = [json.loads(line) for line in RECORDED.read_text().splitlines()]


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
        records = [make_record(orjson.dumps(event), 0, 0) for event in events]
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


@pytest.mark.parametrize("event", [{"whole": 1}, {"inner": {"deep.key": 1}}])
def test_a_row_says_when_its_raw_line_came_into_kafka(event: dict[str, Any]) -> None:
    times = {
        1_600_000_000_001: datetime(2020, 9, 13, 12, 26, 40, 1000),
        END_OF_TIME - 1: datetime(9999, 12, 31, 23, 59, 59, 999000),
        UNKNOWN_TIME: None,
    }
    records = [record(event)._replace(timestamp=time) for time in times]
    # By Arrow's reader, and row by row, as beside one that is refused.
    assert [row["received"] for row in back(records, ParquetWriter(SCHEMA))] == [*times.values()]
    table, [_] = ParquetWriter(SCHEMA).table([make_record(b"[]"), *records])
    assert table["received"].to_pylist() == [*times.values()]
    assert table.schema.names[-1] == "received"
    assert table.schema.field("received").type == pa.timestamp("ms")
    assert "isAdjustedToUTC=false, timeUnit=milliseconds" in str(logical(table))


def logical(table: pa.Table) -> object:
    """Return how the file of a table says what its last column holds."""
    schema = pq.read_metadata(io.BytesIO(to_bytes(table))).schema
    return schema.column(len(schema) - 1).logical_type


@pytest.mark.parametrize("more", [{}, {"dt": ""}])
def test_the_hour_of_an_event_without_dt_is_that_of_its_timestamp(more: dict[str, str]) -> None:
    value = orjson.dumps({"event": {}, "uuid": "u", "timestamp": 1600000034, **more})
    [row] = back([make_record(value, 0, 0)], ParquetWriter(SCHEMA))
    assert row["dt"] == "2020-09-13T12:27:14Z"


@pytest.mark.parametrize("schema", [PLAIN, SCHEMA], ids=["plain", "by rows"])
def test_no_event_is_refused_for_the_user_agent_that_its_client_sent(schema: Schema) -> None:
    sent = {"is_bot": 5, "browser_major": 7, "os_family": {"a": 1}, "device_family": "d", "z": []}
    writer = ParquetWriter(schema)
    table, refused = writer.table([make_record(raw(userAgent=json.dumps(sent)), 9, 0)])
    assert not refused
    [agent] = table["useragent"].to_pylist()
    kept = {name: value for name, value in agent.items() if value is not None}
    assert kept == {"browser_major": "7", "os_family": '{"a":1}', "device_family": "d"}
    pq.read_table(io.BytesIO(to_bytes(table)))


@pytest.mark.parametrize("schema", [PLAIN, SCHEMA], ids=["plain", "by rows"])
def test_a_user_agent_that_is_text_fills_the_column_of_its_parts(schema: Schema) -> None:
    sent = ["Mozilla/5.0 (X11; Linux x86_64; rv:90.0) Gecko/20100101 Firefox/90.0", "", "f" * 900]
    records = [make_record(raw(userAgent=json.dumps(agent)), n, 0) for n, agent in enumerate(sent)]
    table, refused = ParquetWriter(schema).table(records)
    assert not refused
    firefox, *empty = table["useragent"].to_pylist()
    assert (firefox["browser_family"], firefox["browser_major"]) == ("Firefox", "90")
    assert (firefox["os_family"], firefox["is_bot"]) == ("Linux", False)
    assert empty == [parse_user_agent("")] * 2


@pytest.mark.parametrize(
    "event",
    [
        {"properties": {"a b": {}, "a_b": {}}},
        {"properties": {"a": {"type": "integer", "default": 2**63}}},
        {"properties": {"a": {"$ref": "#/properties/a"}}},
        {"properties": []},
        {"properties": {"a": {"$ref": 5}}},
    ],
)
def test_a_schema_makes_a_writer_or_is_unfit(event: dict[str, Any]) -> None:
    with contextlib.suppress(SchemaUnfit):
        ParquetWriter(Schema(SchemaKey("Odd", 1), event))


def test_no_schema_makes_more_than_itself_unfit(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(table: object) -> bytes:
        raise ZeroDivisionError("no such file")

    monkeypatch.setattr("elfaust.sinks.parquet.table.to_bytes", broken)
    with pytest.raises(SchemaUnfit, match="no such file"):
        ParquetWriter(SCHEMA)
