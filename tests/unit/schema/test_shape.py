"""The shape of schemas: each kind of place, through the judge and both stores."""

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
from elfaust.json_text import encode
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import count_unnamed, shape_of, unnamed_of
from elfaust.settings import Mysql, Processor, Settings
from elfaust.sinks.mysql.ddl import table_columns
from elfaust.sinks.mysql.rows import RowMaker
from elfaust.sinks.parquet.table import ParquetWriter
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record

STORES = enabled_stores(Settings()).values()
KEY = SchemaKey("Any", 1)
DRAFT7 = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}
CAPSULE = {"uuid": "a" * 32, "dt": "2020-09-13T12:26:40Z", "wiki": "w", "recvFrom": "h", "seqId": 1}


def of(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


def written(event: dict[str, Any]) -> bytes:
    return encode({**CAPSULE, "event": event})


def judged(schema: dict[str, Any], event: dict[str, Any], settings: Settings | None = None) -> str:
    """Return the path at which the judge refuses an event, "" where it does not."""
    value = written(event)
    try:
        check_of(Schema(KEY, schema), enabled_stores(settings or Settings()).values())(
            event, len(value), False
        )
    except EventFault as fault:
        return fault.path if fault.code == "consumer" and fault.hint else "no cure"
    return ""


def in_mysql(schema: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    found = Schema(KEY, schema)
    maker = RowMaker(table_columns(found), shape_of(schema))
    row = dict(zip([c.name for c in maker.columns], maker.row(written(event)), strict=True))
    return {n.removeprefix("event_"): v for n, v in row.items() if n.startswith("event_")}


def in_parquet(schema: dict[str, Any], event: dict[str, Any]) -> tuple[Any, Any]:
    """Return the columns `event` and `event_unnamed`; None where there is no such column."""
    writer = ParquetWriter(Schema(KEY, schema))
    table, refused = writer.table([make_record(written(event), 0, 0)])
    assert not refused
    [row] = table.to_pylist()
    unnamed = row.get("event_unnamed")
    return row["event"], unnamed and orjson.loads(unnamed)


NESTED = of(a={"type": "object", "properties": {"b": {"type": "integer"}}})
LISTED = of(
    l={"type": "array", "items": {"type": "object", "properties": {"b": {"type": "integer"}}}}
)
C = {"c": {"type": "integer"}}
OPEN: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "nested": (NESTED, {"a": {"b": 1, "x": 2}}, {"a": {"x": 2}}),
    "listed": (LISTED, {"l": [{"x": 1}, {"b": 2}]}, {"l": {"0": {"x": 1}}}),
    "root": ({**of(**C), "additionalProperties": True}, {"c": 1, "zz": 2}, {"zz": 2}),
    "pattern": (
        {**DRAFT7, **of(**C), "patternProperties": {"^x_": {}}, "additionalProperties": False},
        {"c": 1, "x_a": "q"},
        {"x_a": "q"},
    ),
    "combined": ({**DRAFT7, **of(**C), "allOf": [of(b={})]}, {"c": 1, "b": "x"}, {"b": "x"}),
}


@pytest.mark.parametrize("case", OPEN)
def test_keys_without_a_name_are_kept_in_parquet(case: str) -> None:
    schema, event, unnamed = OPEN[case]
    assert in_parquet(schema, event)[1] == unnamed
    named = dict.fromkeys(shape_of(schema).members)
    assert in_parquet(schema, named)[1] is None


URI = "http://json-schema.org/{}/schema"
NAMED = {"properties": {"a": {"type": "string"}}}
SHUT = {"unevaluatedProperties": False}


@pytest.mark.parametrize(
    ("draft", "part", "passes"),
    [
        ("draft-03", SHUT, True),
        ("draft-07", SHUT, True),
        ("draft/2019-09", SHUT, False),
        ("draft/2020-12", SHUT, False),
        ("draft/2020-12", {**SHUT, "additionalProperties": True}, True),
        ("draft/2019-09", {**SHUT, "additionalProperties": {"type": "string"}}, True),
        ("draft/2020-12", {**SHUT, "anyOf": [{"properties": {"b": {}}}]}, True),
        ("draft/2020-12", {**SHUT, "additionalProperties": False}, False),
    ],
)
def test_a_key_is_kept_wherever_the_judge_lets_it_pass(
    draft: str, part: dict[str, Any], passes: bool
) -> None:
    inner = {"type": "object", **NAMED, **part}
    schema = {"$schema": URI.format(draft), "type": "object", "properties": {"n": inner}}
    event = {"n": {"a": "x", "b": "kept"}}
    capsule = {**CAPSULE, "schema": "Any", "revision": 1, "event": event}
    if not passes:
        with pytest.raises(EventFault):
            Schema(KEY, schema).validator.validate(capsule)
        assert not shape_of(schema).passes_unnamed
        return
    Schema(KEY, schema).validator.validate(capsule)
    assert in_parquet(schema, event)[1] == {"n": {"b": "kept"}}


def test_keys_without_a_column_are_counted() -> None:
    for case in ("nested", "root", "pattern", "combined"):
        schema, event, _ = OPEN[case]
        assert count_unnamed(shape_of(schema), event) == 1
    assert count_unnamed(shape_of({"additionalProperties": True}), {"a": 1}) == 1
    # MySQL keeps a list whole.
    assert count_unnamed(shape_of(LISTED), {"l": [{"x": 1}]}) == 0


@pytest.mark.parametrize("schema", [of(**C), {**DRAFT7, **of(**C)}])
def test_a_closed_schema_has_no_column_for_them(schema: dict[str, Any]) -> None:
    assert "event_unnamed" not in ParquetWriter(Schema(KEY, schema)).schema.names


@pytest.mark.parametrize("kind", [{"type": ["object", "string"]}, {}])
def test_a_mixed_place_is_json_text_in_parquet_and_columns_in_mysql(kind: dict[str, Any]) -> None:
    schema = of(a={**kind, "properties": {"b": {"type": "integer", "default": 7}}})
    assert in_parquet(schema, {"a": "x"})[0] == {"a": "x"}
    assert in_parquet(schema, {"a": {"b": 1}})[0] == {"a": '{"b":1}'}
    assert in_mysql(schema, {"a": {"b": 1}}) == {"a_b": 1}
    assert in_mysql(schema, {"a": "x"}) == {"a_b": None}
    assert count_unnamed(shape_of(schema), {"a": "x"}) == 1


def test_an_explicit_null_is_null_and_a_default_stands_for_what_is_left_out() -> None:
    inner = {"type": ["object", "null"], "properties": {"b": {"type": "integer", "default": 7}}}
    schema = of(a={"type": ["integer", "null"], "default": 5}, o=inner)
    assert in_mysql(schema, {}) == {"a": 5, "o_b": 7}
    assert in_parquet(schema, {})[0] == {"a": 5, "o": {"b": 7}}
    assert in_mysql(schema, {"a": None, "o": None}) == {"a": None, "o_b": None}
    assert in_parquet(schema, {"a": None, "o": None})[0] == {"a": None, "o": None}
    assert in_mysql(schema, {"o": {"b": None}})["o_b"] is None


@pytest.mark.parametrize("types", [{}, {"type": ["object", "string"]}])
@pytest.mark.parametrize("event", [{}, {"u": {}}, {"u": {"o": {}}}])
def test_no_default_stands_within_what_is_kept_as_it_was_sent(
    types: dict[str, Any], event: dict[str, Any]
) -> None:
    filled = {"type": "string", "default": "D"}
    schema = of(u={**types, **of(t=filled, o={"type": "object", **of(t=filled)})})
    assert set(in_mysql(schema, event).values()) == {None}
    [kept] = in_parquet(schema, event)[0].values()
    assert kept == (encode(event["u"]).decode() if event else None)


@pytest.mark.parametrize("name", ["default", "enum", "const", "examples"])
@pytest.mark.parametrize("draft", [{}, DRAFT7])
def test_a_property_may_have_the_name_of_a_keyword(name: str, draft: dict[str, Any]) -> None:
    inner = {"type": "object", "properties": {name: {"$ref": "#/definitions/n"}}}
    definitions = {"n": {"type": "integer"}}
    schema = {
        **draft,
        "properties": {name: {"$ref": "#/definitions/n"}, "o": inner},
        "definitions": definitions,
    }
    types = {c.name: c.sql_type for c in table_columns(Schema(KEY, schema))}
    assert types[f"event_{name}"] == types[f"event_o_{name}"] == "BIGINT"
    event = {name: 5, "o": {name: 6}}
    assert in_parquet(schema, event)[0] == event
    capsule = {**CAPSULE, "schema": "Any", "revision": 1, "event": event}
    Schema(KEY, schema).validator.validate(capsule)


ANY: dict[str, Any] = {"type": "any"}
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
    with pytest.raises(EventFault, match="share column") as refused:
        check_of(Schema(KEY, of(**{"a.b": {}, "a_b": {}})), STORES)({}, 2, False)
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
