"""A row holds its event's values exactly, or the audit says which it does not."""

from __future__ import annotations

import json
import struct
from datetime import datetime
from typing import Any

import pytest

from elfaust.records import SchemaKey
from elfaust.schema.columns import columns_of
from elfaust.sinks.mysql.reading.row import RowComparison

EVENT: dict[str, Any] = {
    "properties": {
        "flag": {"type": "boolean"},
        "count": {"type": "integer", "default": 3},
        "share": {"type": "number"},
        "name": {"type": "string"},
        "open": {"type": "array"},
        "timestamp": {},
        "inner": {"type": "object", "properties": {"a": {"type": "string", "default": "x"}}},
    }
}
READING = RowComparison(columns_of(SchemaKey("Test", 1), EVENT), EVENT)
AGENT = {"browser_family": "Firefox", "is_bot": False, "os_family": "x" * 1_500}
CAPSULE = {"uuid": "0" * 32, "dt": "2020-09-13T12:26:40.9Z", "event": {}}
ROW = {
    **dict.fromkeys(column.name for column in READING.columns),
    "uuid": "0" * 32,
    "dt": datetime(2020, 9, 13, 12, 26, 40),
    "timestamp": "20200913122640",
    "event_count": 3,
    "event_inner_a": "x",
}


def float32(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def next_float32(value: float) -> float:
    [bits] = struct.unpack("I", struct.pack("f", value))
    return float(struct.unpack("f", struct.pack("I", bits + 1))[0])


def named(capsule: dict[str, Any], row: dict[str, Any]) -> list[str]:
    found = READING.differences({**CAPSULE, **capsule}, {**ROW, **row})
    return [text.partition(":")[0] for text in found]


@pytest.mark.parametrize(
    ("event", "row"),
    [
        ({}, {}),
        ({"count": None}, {"event_count": None}),
        ({"inner": None}, {"event_inner_a": None}),
        ({"inner": {"a": None}}, {"event_inner_a": None}),
        ({"inner": "text"}, {"event_inner_a": None}),
        ({"count": -(2**63)}, {"event_count": -(2**63)}),
        ({"count": 5.0}, {"event_count": 5}),
        ({"flag": False}, {"event_flag": 0}),
        ({"share": 1_600_000_000_123}, {"event_share": 1_599_999_967_232.0}),
        ({"share": 0.1}, {"event_share": float32(0.1)}),
        ({"share": 1e-45}, {"event_share": float32(1e-45)}),
        ({"share": 2**64 + 1}, {"event_share": 2.0**64}),
        ({"name": " ä\n"}, {"event_name": " ä\n"}),
        ({"open": [1, {"a": 2.0}]}, {"event_open": '[1,{"a":2.0}]'}),
        ({"open": [2**64 + 1]}, {"event_open": f"[{2**64 + 1}]"}),
        ({"open": "[1"}, {"event_open": "[1"}),
        ({"timestamp": 5}, {"event_timestamp": "19700101000005"}),
        ({"timestamp": 1_600_000_000_999}, {"event_timestamp": "20200913122640"}),
        ({"timestamp": "x"}, {"event_timestamp": "x"}),
    ],
)
def test_a_row_that_holds_its_event_differs_in_nothing(
    event: dict[str, Any], row: dict[str, Any]
) -> None:
    assert named({"event": event}, row) == []


@pytest.mark.parametrize(
    ("event", "row"),
    [
        ({"count": None}, {"event_count": 3}),
        ({"count": 2**53 + 1}, {"event_count": 2**53}),
        ({"count": 1}, {"event_count": None}),
        ({"count": 1}, {"event_count": True}),
        ({"flag": True}, {"event_flag": 0}),
        ({"flag": False}, {"event_flag": None}),
        ({"share": 0.1}, {"event_share": next_float32(0.1)}),
        # Four hours, which six digits do not tell.
        ({"share": 1_600_000_000_000}, {"event_share": 1_600_014_400_000.0}),
        ({"share": 1e39}, {"event_share": 3.4e38}),
        ({"name": "a "}, {"event_name": "a"}),
        ({"open": [1, 2]}, {"event_open": "[1,"}),
        ({"open": [1]}, {"event_open": "[1.0]"}),
        ({"open": [True]}, {"event_open": "[1]"}),
        ({"open": [2**64 + 1]}, {"event_open": "[1.8446744073709552e19]"}),
        ({"open": [1]}, {"event_open": 7}),
        ({"open": [1]}, {"event_open": b"[1]"}),
        ({"open": "a"}, {"event_open": '"a"'}),
        ({"timestamp": 5}, {"event_timestamp": "19700101000006"}),
        ({"inner": {"a": "b"}}, {"event_inner_a": "x"}),
    ],
)
def test_a_row_that_does_not_differs_in_one_column(
    event: dict[str, Any], row: dict[str, Any]
) -> None:
    assert named({"event": event}, row) == list(row)


@pytest.mark.parametrize(
    ("capsule", "row", "differs"),
    [
        ({"dt": "2020-09-13T14:26:40+02:00"}, {}, []),
        ({"dt": "2020-09-13T12:26:41Z"}, {}, ["dt", "timestamp"]),
        ({"dt": None, "timestamp": 1_600_000_000}, {}, []),
        ({}, {"dt": "0000-00-00 00:00:00"}, ["dt"]),
        ({"wiki": "enwiki"}, {"wiki": "enwiki"}, []),
        ({"wiki": "enwiki"}, {}, ["wiki"]),
        ({"userAgent": "x" * 2_000}, {"userAgent": "x" * 1_024}, []),
        ({"userAgent": "x" * 2_000}, {"userAgent": "x" * 1_023}, ["userAgent"]),
        ({"userAgent": AGENT}, {"userAgent": json.dumps({**AGENT, "os_family": "x" * 900})}, []),
        ({"userAgent": AGENT}, {"userAgent": json.dumps({**AGENT, "is_bot": True})}, ["userAgent"]),
        ({"userAgent": AGENT}, {"userAgent": json.dumps(AGENT)[:1_024]}, ["userAgent"]),
        ({"userAgent": {"a": "bc"}}, {"userAgent": '{"a":"b"}'}, ["userAgent"]),
        ({"userAgent": {"a": "b", "c": "d"}}, {"userAgent": '{"a":"b"}'}, ["userAgent"]),
    ],
)
def test_what_stands_around_the_event_is_compared_too(
    capsule: dict[str, Any], row: dict[str, Any], differs: list[str]
) -> None:
    assert named(capsule, row) == differs


def test_a_column_that_is_gone_differs() -> None:
    row = {name: value for name, value in ROW.items() if name != "event_count"}
    [found] = READING.differences(CAPSULE, row)
    assert found == "event_count: topic 3, MySQL no such column"


def test_a_double_holds_what_a_float_does_not() -> None:
    columns = [
        column._replace(sql_type="DOUBLE") if column.sql_type == "FLOAT" else column
        for column in READING.columns
    ]
    reading = RowComparison(columns, EVENT)
    event = {**CAPSULE, "event": {"share": 0.1}}
    assert list(reading.differences(event, {**ROW, "event_share": 0.1})) == []
    assert len(list(reading.differences(event, {**ROW, "event_share": float32(0.1)}))) == 1
