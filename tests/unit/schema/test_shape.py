"""The shape of schemas: each kind of place, through the judge and both stores."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.errors import EventFault
from elfaust.json_text import encode
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import count_unnamed, shape_of
from elfaust.sinks.mysql.ddl import table_columns
from elfaust.sinks.parquet.table import ParquetWriter
from tests.unit.schema.through import CAPSULE, KEY, in_mysql, in_parquet, of

DRAFT7 = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}
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
