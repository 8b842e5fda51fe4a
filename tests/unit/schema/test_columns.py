"""The columns of tables, held against those of EventLogging's tables."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from elfaust.errors import SchemaUnfit
from elfaust.records import SchemaKey
from elfaust.schema.columns import Column, columns_of, exact_int
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.registry import Registry
from elfaust.schema.shape import default_of, shape_of
from elfaust.settings import Settings
from elfaust.sinks.parquet.types import event_shape
from tests import DATA

TABLES = [json.loads(line) for line in (DATA / "tables.jsonl").read_text().splitlines()]
KEY = SchemaKey("Edit", 1)


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table["table"])
def test_columns_are_those_of_eventlogging(table: dict[str, Any]) -> None:
    schema, _, revision = table["table"].rpartition("_")
    key = SchemaKey(schema, int(revision))
    found = Registry(Settings().schemas).get(key)
    assert found is not None
    assert [list(column[:5]) for column in columns_of(key, found.event)] == table["columns"]


def test_all_tables_are_compared() -> None:
    assert len(TABLES) == 28


def test_leaves_are_walked_depth_first() -> None:
    inner = {"type": "object", "properties": {"c": {"type": "integer"}}}
    schema = of(a={"type": "string"}, b=inner, d={"type": "array"})
    assert [(of.path, of.schema) for of in shape_of(schema).leaves()] == [
        (("event", "a"), {"type": "string"}),
        (("event", "b", "c"), {"type": "integer"}),
        (("event", "d"), {"type": "array"}),
    ]


def test_arrays_and_free_objects_are_text() -> None:
    columns = {c.name: c for c in columns_of(KEY, of(a={"type": "array"}, o={"type": "object"}))}
    assert columns["event_a"].sql_type == columns["event_o"].sql_type == "VARCHAR(1024)"


@pytest.mark.parametrize(
    ("kind", "sql_type"),
    [
        (["integer", "null"], "BIGINT"),
        (["null", "boolean"], "BOOL"),
        (["string", "integer"], "VARCHAR(1024)"),
        ([{"type": "object"}], "VARCHAR(1024)"),
        ("any", "VARCHAR(1024)"),
    ],
)
def test_null_beside_one_type_is_that_type(kind: Any, sql_type: str) -> None:
    assert [c.sql_type for c in columns_of(KEY, of(a={"type": kind})) if c.name == "event_a"] == [
        sql_type
    ]


def test_references_have_columns() -> None:
    schema = {**of(a={"$ref": "#/definitions/o"}), "definitions": {"o": of(n={"type": "integer"})}}
    assert [leaf.path for leaf in shape_of(schema).leaves()] == [("event", "a", "n")]


OF_2015 = [
    Column("uuid", "CHAR(32)", False, True, True, ("uuid",)),
    Column("clientIp", "VARCHAR(191)", path=("clientIp",)),
    Column("timestamp", "VARCHAR(14)", False, False, True, ("timestamp",)),
    Column("userAgent", "VARCHAR(191)", path=("userAgent",)),
    Column("webHost", "VARCHAR(191)", path=("webHost",)),
    Column("wiki", "VARCHAR(191)", False, path=("wiki",)),
    Column("event_a", "BIGINT", False, path=("event", "a")),
    Column("event_b", "VARCHAR(191)", path=("event", "b")),
    Column("event_o_c", "BOOL", path=("event", "o", "c")),
]


@pytest.mark.parametrize("draft", ["03", "07"])
def test_the_columns_of_2015(draft: str) -> None:
    schema = of(
        a={"type": "integer"}, b={"type": "string"}, o=of(c={"type": "boolean", "required": True})
    )
    if draft == "03":
        schema["properties"]["a"]["required"] = True
    else:
        schema |= {"$schema": "http://json-schema.org/draft-07/schema#", "required": ["a"]}
        schema["properties"]["o"]["required"] = ["c"]
    assert columns_of(KEY, schema, DIALECTS["2015"]) == OF_2015


def test_a_dot_in_a_name_stays() -> None:
    columns = columns_of(KEY, of(**{"action.ready.timing": {"type": "integer"}}))
    assert "event_action.ready.timing" in [column.name for column in columns]


def test_a_default_is_kept() -> None:
    columns = columns_of(KEY, of(action={"type": "string", "default": "none"}))
    assert [c.default for c in columns if c.name == "event_action"] == ["none"]


@pytest.mark.parametrize(
    ("kind", "default", "kept"),
    [
        ("integer", 1, 1),
        ("integer", "1", None),
        ("integer", True, None),
        ("number", 1, 1),
        ("number", 1.5, 1.5),
        ("boolean", 0, None),
        ("string", 5, None),
        ("any", 5, 5),
        (["string", "null"], 5, None),
    ],
)
def test_a_default_of_another_type_is_none(kind: Any, default: Any, kept: Any) -> None:
    assert default_of({"type": kind, "default": default}) == kept


def test_a_name_of_64_characters_is_the_longest() -> None:
    columns_of(KEY, of(**{"x" * 58: {"type": "string"}}))
    with pytest.raises(SchemaUnfit, match=r"Edit.*event_x{59} is longer than 64"):
        columns_of(KEY, of(**{"x" * 59: {"type": "string"}}))


@pytest.mark.parametrize(
    "schema",
    [
        of(Action={"type": "string"}, action={"type": "string"}),
        of(a=of(b={"type": "string"}), a_b={"type": "string"}),
    ],
)
def test_names_that_mysql_cannot_tell_apart_are_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaUnfit, match="would share column"):
        columns_of(KEY, schema)


@pytest.mark.parametrize("properties", [True, [1], "a"])
def test_properties_that_are_no_object_are_none(properties: object) -> None:
    schema = {"properties": {"a": {"type": "object", "properties": properties}}}
    assert "event_a" in [column.name for column in columns_of(SchemaKey("X", 1), schema)]
    assert event_shape(SchemaKey("X", 1), schema).type.names == ["a"]


@pytest.mark.parametrize("value", [0, -(2**63), 2**63 - 1, 3.0, True, None])
def test_what_is_no_integer_past_64_bits_stays_as_it_is(value: object) -> None:
    assert exact_int(value) is value


@pytest.mark.parametrize("value", ["x", [1], {"a": 1}])
def test_what_is_no_number_is_no_integer(value: object) -> None:
    with pytest.raises(ValueError, match="is no number"):
        exact_int(value)


@pytest.mark.parametrize("sent", [2**64, -(2**63) - 1])
def test_an_integer_past_64_bits_is_refused_though_a_float_of_it_fits(sent: int) -> None:
    with pytest.raises(ValueError, match="passes 64 bits"):
        exact_int(orjson.loads(str(sent)))


@pytest.mark.parametrize("default", [[10.0**39], {"a": 2.0**64}, 1e25])
def test_a_default_that_nobody_reads_exactly_counts_for_nothing(default: object) -> None:
    """orjson has made a float of what may have been an integer."""
    assert default_of({"default": default}) is None
    assert default_of({"default": [1.5, 2**63]}) == [1.5, 2**63]
    assert default_of({"type": "number", "default": 1e25}) == 1e25


def test_required_is_said_as_the_draft_has_it() -> None:
    listed = {**of(a={"type": "integer"}), "required": ["a"]}
    said = of(a={"type": "integer", "required": True})
    draft7 = {"$schema": "http://json-schema.org/draft-07/schema#"}
    for schema, nullable in (
        (listed, True),
        (said, False),
        ({**draft7, **listed}, False),
        ({**draft7, **said}, True),
        ({**draft7, **of(a=True), "required": ["a"]}, True),
    ):
        columns = columns_of(KEY, schema, DIALECTS["2015"])
        assert [c.nullable for c in columns if c.name == "event_a"] == [nullable]


def test_what_is_required_behind_a_reference_is_demanded_of_nobody() -> None:
    """The judge of draft 3 looks beside the property's name alone."""
    schema = {"properties": {"a": {"$ref": "#/x"}}, "x": {"type": "integer", "required": True}}
    columns = columns_of(KEY, schema, DIALECTS["2015"])
    assert [c.nullable for c in columns if c.name == "event_a"] == [True]
