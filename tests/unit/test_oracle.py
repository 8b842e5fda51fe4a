"""The oracle itself, by hand: each row of the table of rules, and cases from the field."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.refusals import USUAL, Refusal, Rules, refusals
from tests.oracle.stores import mysql_row, parquet_event, unnamed
from tests.oracle.values import Text, digits, exact, is_held, is_same, written

D7 = "http://json-schema.org/draft-07/schema#"
OPEN = {"type": "object", "properties": {"c": {"type": "integer"}}}


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def paths(schema: dict[str, Any], event: Any, rules: Rules = USUAL) -> list[str]:
    return [refusal.path for refusal in refusals(schema, event, rules)]


@pytest.mark.parametrize("where", [lambda s: {**s, "additionalProperties": True}, lambda s: s])
def test_a_key_that_no_property_names_is_unnamed_where_it_stood(where: Any) -> None:
    schema = where(of(a=OPEN, l={"type": "array", "items": OPEN}))
    event = {"a": {"c": 1, "x": 1}, "l": [{"c": 1}, {"x": [2]}], "zz": None}
    assert mysql_row(schema, event)["event_a_c"] == 1
    assert is_held(Text(event["l"]), written(mysql_row(schema, event)["event_l"].value))
    assert parquet_event(schema, event) == {"a": {"c": 1}, "l": [{"c": 1}, {"c": None}]}
    assert unnamed(schema, event) == {"a": {"x": 1}, "l": {"1": {"x": [2]}}, "zz": None}
    assert unnamed(schema, {"a": {"c": 1}, "l": []}) is None


@pytest.mark.parametrize(
    ("more", "event", "left"),
    [
        ({"allOf": [{"properties": {"b": {"type": "string"}}}]}, {"c": 1, "b": "x"}, {"b": "x"}),
        ({"patternProperties": {"^x_": {}}}, {"c": 1, "x_a": "q"}, {"x_a": "q"}),
        ({"additionalProperties": True}, {"c": 1, "zz": 2}, {"zz": 2}),
    ],
)
def test_case_11_from_the_field(more: Any, event: Any, left: Any) -> None:
    schema = {"$schema": D7, **OPEN, **more}
    assert mysql_row(schema, event) == {"event_c": 1}
    assert parquet_event(schema, event) == {"c": 1}
    assert unnamed(schema, event) == left
    assert not paths(schema, event)


@pytest.mark.parametrize("type_of", [["object", "string"], None])
def test_a_mixed_place_has_columns_and_json_text(type_of: Any) -> None:
    mixed = {"properties": {"a": {"type": "integer"}}} | ({"type": type_of} if type_of else {})
    schema = of(m=mixed)
    assert mysql_row(schema, {"m": "text"}) == {"event_m_a": None}
    assert parquet_event(schema, {"m": "text"}) == {"m": Text("text")}
    assert mysql_row(schema, {"m": {"a": 5, "b": 6}}) == {"event_m_a": 5}
    assert parquet_event(schema, {"m": {"a": 5, "b": 6}}) == {"m": Text({"a": 5, "b": 6})}
    assert unnamed(schema, {"m": {"a": 5, "b": 6}}) is None
    assert paths(schema, {"m": {"a": 2**63}}) == ["$.event.m.a"]
    assert paths(schema, {"m": [2**64]}) == ["$.event.m[0]"]


def test_an_integer_in_an_open_place_is_exact_or_refused() -> None:
    schema = of(l={"type": "array"}, y={"type": "any"})
    fine = {"l": [2**64 - 1, -(2**63)], "y": 2**64 - 1}
    assert not paths(schema, fine)
    assert is_held(
        mysql_row(schema, fine)["event_l"], "[18446744073709551615,-9223372036854775808]"
    )
    assert not is_held(mysql_row(schema, fine)["event_y"], "1.8446744073709552e19")
    event = exact('{"l": [{"q": 18446744073709551617}], "y": 18446744073709551616}')
    assert paths(schema, event) == ["$.event.l[0].q", "$.event.y"]
    assert paths(OPEN, {"c": 1, "x y": [2**64]}) == ["$.event['x y'][0]"]
    # A float is no integer, and everybody reads it alike.
    assert not paths(schema, {"y": 1e19})


def test_an_integer_is_exact_or_refused() -> None:
    schema = of(i={"type": ["null", "integer"]})
    for value in (2**63 - 1, -(2**63), 5.0, None):
        assert not paths(schema, {"i": value})
        assert mysql_row(schema, {"i": value}) == {"event_i": value}
    assert type(mysql_row(schema, {"i": 5.0})["event_i"]) is int
    for value in (2**63, -(2**63) - 1, 2.0**63):
        assert paths(schema, {"i": value}) == ["$.event.i"]
        assert paths(schema, {"i": value}, Rules(stores=frozenset(["hdfs"]))) == ["$.event.i"]


def test_case_23_from_the_field() -> None:
    schema = {"properties": {"n": {"type": "number"}}}
    for value in (1e39, 10**41, 3.5e38):
        assert paths(schema, {"n": value}) == ["$.event.n"]
        assert not paths(schema, {"n": value}, Rules(number="DOUBLE"))
        assert not paths(schema, {"n": value}, Rules(stores=frozenset(["hdfs"])))
    assert paths(schema, {"n": 10**309}, Rules(number="DOUBLE")) == ["$.event.n"]
    assert not paths(schema, {"n": 3.4028234663852886e38})
    assert mysql_row(schema, {"n": 1600000000123}) == {"event_n": 1599999967232.0}
    assert mysql_row(schema, {"n": 1600000000123}, "DOUBLE") == {"event_n": 1600000000123.0}
    assert parquet_event(schema, {"n": 10**30}) == {"n": 1e30}


def test_numbers_in_a_list_are_doubles_whatever_mysql_has() -> None:
    schema = of(l={"type": "array", "items": {"type": "number"}})
    event = {"l": [1e39, 10**30, None]}
    assert not paths(schema, event)
    assert parquet_event(schema, event) == {"l": [1e39, 1e30, None]}
    assert is_held(mysql_row(schema, event)["event_l"], "[1e39,1e30,null]")
    integers = of(l={"type": "array", "items": {"type": "integer"}})
    assert paths(integers, {"l": [1, 2**63]}) == ["$.event.l[1]"]


def test_a_default_stands_only_for_a_key_that_is_left_out() -> None:
    filled = {"type": ["integer", "null"], "default": 7}
    schema = of(a=filled, o=of(b=filled), n={"properties": {"b": filled}})
    assert mysql_row(schema, {}) == {"event_a": 7, "event_o_b": 7, "event_n_b": None}
    assert parquet_event(schema, {}) == {"a": 7, "o": {"b": 7}, "n": None}
    event = {"a": None, "o": None, "n": None}
    assert set(mysql_row(schema, event).values()) == {None}
    assert parquet_event(schema, event) == event
    assert parquet_event(schema, {"o": {}})["o"] == {"b": 7}
    # One of another type is none.
    assert mysql_row(of(a={"type": "integer", "default": "x"}), {}) == {"event_a": None}
    assert mysql_row(of(a={"type": "integer", "default": True}), {}) == {"event_a": None}
    assert parquet_event(of(o=of(b={"type": "integer"})), {}) == {"o": None}


@pytest.mark.parametrize("name", ["default", "enum", "const", "examples"])
def test_case_08_from_the_field(name: str) -> None:
    schema = of(**{name: {"$ref": "#/definitions/n"}, "name": {"$ref": "#/definitions/n"}})
    schema["definitions"] = {"n": {"type": "integer"}}
    assert mysql_row(schema, {name: 5, "name": 5}) == {f"event_{name}": 5, "event_name": 5}
    assert parquet_event(schema, {name: 5}) == {name: 5, "name": None}
    assert paths(schema, {name: 2**63}) == [f"$.event.{name}"]


def test_a_part_that_holds_itself_is_untyped() -> None:
    schema = of(me={"$ref": "#"}, a={"$ref": "#/definitions/a"})
    schema["definitions"] = {"a": of(a={"$ref": "#/definitions/a"}, i={"type": "integer"})}
    event = {"me": {"a": 1}, "a": {"a": {"a": [1]}, "i": 2}}
    inner = Text({"a": [1]})
    assert parquet_event(schema, event) == {"me": Text({"a": 1}), "a": {"a": inner, "i": 2}}
    assert mysql_row(schema, event)["event_a_i"] == 2


def test_a_timestamp_has_14_digits() -> None:
    """Case 07 is of the capsule's time; that of an event is held to as little."""
    schema = of(timestamp={"type": "number"}, o=of(timestamp={}))
    assert mysql_row(schema, {"timestamp": 1_600_000_000_123}) == {
        "event_timestamp": "20200913122640",
        "event_o_timestamp": None,
    }
    for value in (1e39, 253_402_300_800, -62_135_596_801):
        assert paths(schema, {"timestamp": value}) == ["$.event.timestamp"]
        assert not paths(schema, {"timestamp": value}, Rules(stores=frozenset(["hdfs"])))
    assert paths(schema, {"o": {"timestamp": "2020-09-13T12:26:40"}}) == ["$.event.o.timestamp"]
    assert not paths(schema, {"o": {"timestamp": "20200913122640"}})
    assert mysql_row(schema, {"o": {"timestamp": [1]}})["event_o_timestamp"] == Text([1])
    assert digits(-62_135_596_800) == "00010101000000"


def test_what_is_longer_than_its_column_is_refused() -> None:
    schema = of(s={"type": "string"}, l={"type": "array"})
    assert not paths(schema, {"s": "é" * 1_024, "l": ["x" * 1_020]})
    assert paths(schema, {"s": "x" * 1_025, "l": ["x" * 1_021]}) == ["$.event.s", "$.event.l"]
    assert paths(schema, {"s": "x" * 192}, Rules(year="2015")) == ["$.event.s"]
    assert not paths(schema, {"s": "x" * 3_000}, Rules(stores=frozenset(["hdfs"])))
    # 17 such columns pass 65,535 bytes a row: they are TEXT.
    wide = of(**{f"s{n}": {"type": "string"} for n in range(17)})
    assert not paths(wide, {"s0": "x" * 65_535})
    assert paths(wide, {"s0": "é" * 32_768}) == ["$.event.s0"]


def test_a_root_without_properties_is_json_text() -> None:
    assert mysql_row({"properties": {}}, {"a": 1}) == {}
    assert parquet_event({"properties": {}}, {"a": 1}) == Text({"a": 1})
    assert unnamed({"properties": {}}, {"a": 1}) is None


def test_names_are_those_of_each_store() -> None:
    schema = of(**{"a-b": {"type": "integer"}, "C": of(d={"type": "string"})})
    event = {"a-b": 1, "C": {"d": "x"}}
    assert mysql_row(schema, event) == {"event_a-b": 1, "event_C_d": "x"}
    assert parquet_event(schema, event) == {"a_b": 1, "C": {"d": "x"}}


def test_a_refusal_is_at_its_value_or_its_place() -> None:
    refusal = Refusal("$.event.a", "$.event.a[0].b", "")
    assert [refusal.is_at(p) for p in ("$.event.a", "$.event.a[0]", "$.event.a[0].b")] == [True] * 3
    assert not any(refusal.is_at(p) for p in ("$.event", "$.event.b", "$.event.a[0].b.c"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(1, 1.0, False), (2**64, 2.0**64, False), (1, True, False),
     (2**63, 2.0**63 + 2048, False), ([1], [1, 2], False),
     ({"a": None}, {}, False), ("1", 1, False), (0.1 + 0.2, 0.3, False),
     (2**53 + 1, 2.0**53, False)],
)  # fmt: skip
def test_values_are_the_same_without_tolerance(one: Any, other: Any, same: bool) -> None:
    assert is_same(one, other) is same


def test_text_of_json_is_a_value_and_a_string_as_it_is() -> None:
    assert is_held(Text("[1]"), "[1]")
    assert not is_held(Text("a"), '"a"')
    assert not is_held(Text([1]), None)
    assert not is_held(Text([1]), "[1")
    assert [written(v) for v in (1e16, 1e-7, ["é", True], "é")] == [
        "1e+16",
        "1e-7",
        '["é",true]',
        "é",
    ]
