"""What a store holds of a place it has, and what it cannot hold the judge refuses."""

from __future__ import annotations

import dataclasses
import math
import struct
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.errors import EventFault
from elfaust.events.storable import check_of
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import shape_of, unnamed_of
from elfaust.settings import Mysql, Processor, Settings
from elfaust.sinks.stores import enabled_stores
from tests.unit.schema.through import ANY, KEY, in_mysql, in_parquet, judged, of

REFUSED = [
    ({"type": "integer"}, 2**63, ""),
    ({"type": "integer"}, -(2**63) - 1, ""),
    ({"type": "integer"}, -(2.0**63), ""),
    ({"type": "number"}, 1e39, ""),
    ({"type": "number"}, 10**41, ""),
    ({"type": "string"}, "a" * 1_025, ""),
    (ANY, 2**64 + 1, ""),
    (ANY, {"x": [1, 2**64 + 1]}, ".x[1]"),
    (ANY, "a" * 1_025, ""),
    ({"type": "array"}, ["a" * 1_022], ""),
    ({"type": "array", "items": {"type": "integer"}}, [2**63], "[0]"),
    ({"type": "object"}, {"x": -(2**63) - 1}, ".x"),
    ({"type": "object", "properties": {"b": {}}}, {"x": 2**64}, ".x"),
]


@pytest.mark.parametrize(("place", "value", "below"), REFUSED)
def test_what_a_store_cannot_hold_is_refused_with_its_path(
    place: dict[str, Any], value: Any, below: str
) -> None:
    assert judged(of(a=place), {"a": value}) == f"$.event.a{below}"


STORED = [
    ({"type": "integer"}, 2**63 - 1, 2**63 - 1, 2**63 - 1),
    ({"type": "number"}, 2**64 + 1, float(2**64), float(2**64)),
    ({"type": "string"}, "a" * 1_024, "a" * 1_024, "a" * 1_024),
    (ANY, 2**64 - 1, "18446744073709551615", "18446744073709551615"),
    (ANY, [1, "x"], '[1,"x"]', '[1,"x"]'),
    (ANY, "x", "x", "x"),
    ({"type": "array", "items": {"type": "integer"}}, [-(2**63)], f"[{-(2**63)}]", [-(2**63)]),
    ({"type": "array", "prefixItems": [{}], "items": {"type": "integer"}}, ["a"], '["a"]', '["a"]'),
]


@pytest.mark.parametrize(("place", "value", "mysql", "parquet"), STORED)
def test_what_a_store_holds_it_has(
    place: dict[str, Any], value: Any, mysql: Any, parquet: Any
) -> None:
    schema, event = of(a=place), {"a": value}
    assert judged(schema, event) == ""
    assert in_mysql(schema, event)["a"] == mysql
    assert in_parquet(schema, event)[0]["a"] == parquet


@pytest.mark.parametrize("value", [10**30, -(10**30), "a" * 15])
def test_a_timestamp_has_fourteen_digits(value: Any) -> None:
    assert judged(of(timestamp=ANY), {"timestamp": value}) == "$.event.timestamp"
    assert judged(of(timestamp=ANY), {"timestamp": 1_600_000_000}) == ""


def test_only_enabled_stores_count() -> None:
    hdfs = dataclasses.replace(Settings(), processor=Processor(stores="hdfs"))
    double = dataclasses.replace(Settings(), mysql=Mysql(number="DOUBLE"))
    assert judged(of(a={"type": "string"}), {"a": "a" * 9_999}, hdfs) == ""
    for settings in (hdfs, double):
        assert judged(of(a={"type": "number"}), {"a": 1e39}, settings) == ""
        assert judged(of(a={"type": "number"}), {"a": 10**309}, settings) == "$.event.a"


def test_a_schema_that_a_store_cannot_have_refuses_its_events() -> None:
    schema = Schema(KEY, of(**{"a.b": {}, "a_b": {}}))
    with pytest.raises(EventFault, match="share column") as refused:
        check_of(schema, enabled_stores(Settings()).values())({}, 2, False)
    assert (refused.value.code, bool(refused.value.hint)) == ("consumer", True)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**66), 2**66)
    | st.text(max_size=9)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abx"), inner),
    max_leaves=6,
)
PLACES = of(
    i={"type": "integer"},
    n={"type": "number"},
    u=ANY,
    o={"type": "object", "properties": {"i": {"type": "integer"}}},
    m={"properties": {"i": ANY}},
    l={"type": "array", "items": {"type": "integer"}},
)
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "i": st.none() | st.integers(-(2**64), 2**64),
        "n": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**40), 10**40),
        "u": JSON,
        "o": st.dictionaries(st.sampled_from("xy"), JSON, max_size=2),
        "m": JSON,
        "l": st.lists(st.integers(-(2**64), 2**64), max_size=2),
    },
)


def text(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


@given(EVENTS)
def test_what_the_judge_accepts_comes_out_of_both_stores(event: dict[str, Any]) -> None:
    if judged(PLACES, event):
        return
    row, (stored, unnamed) = in_mysql(PLACES, event), in_parquet(PLACES, event)
    number = event.get("n")
    assert row["i"] == stored["i"] == event.get("i")
    assert row["u"] == stored["u"] == text(event.get("u"))
    assert stored["m"] == text(event.get("m"))
    assert (row["l"], stored["l"]) == (text(event.get("l")), event.get("l"))
    assert stored["n"] == (None if number is None else float(number))
    assert number is None or math.isfinite(struct.unpack("f", struct.pack("f", row["n"]))[0])
    assert unnamed == ({"o": event["o"]} if event.get("o") else None)
    assert unnamed == unnamed_of(shape_of(PLACES), event)
