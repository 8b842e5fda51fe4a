"""What a table's columns cannot hold of an event; test_storable.py has how the judge asks."""

from __future__ import annotations

import math
from typing import Any

import pytest

from elfaust.errors import SchemaUnfit
from elfaust.records import SchemaKey
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Mysql
from elfaust.sinks.mysql.event_limits import event_limits, length_of

KEY = SchemaKey("Edit", 1)


@pytest.mark.parametrize(
    ("sql_type", "length"), [("VARCHAR(191)", 191), ("TEXT", 65_535), ("BIGINT", 0), ("FLOAT", 0)]
)
def test_only_texts_have_a_length(sql_type: str, length: int) -> None:
    assert length_of(sql_type) == length


@pytest.mark.parametrize(
    ("part", "year", "longer_than"),
    [
        ({"type": "string"}, "2018", 1024),
        ({"type": "string"}, "2015", 191),
        ({"type": "number"}, "2018", math.inf),
        ({"type": "integer"}, "2018", None),
        ({"type": "boolean"}, "2018", None),
        ({"type": "integer", "required": True}, "2015", 0),
        ({"type": "string", "required": True}, "2015", 0),
    ],
)
def test_a_column_is_looked_at_where_an_event_may_pass_it(
    part: dict[str, Any], year: str, longer_than: float | None
) -> None:
    schema = Schema(KEY, {"properties": {"a": part}}, DIALECTS[year])
    limit = event_limits(schema, Mysql()).get(("event", "a"))
    assert (limit and limit.longer_than) == longer_than


def test_a_timestamp_is_always_looked_at_and_a_double_never() -> None:
    event = {"properties": {"timestamp": {"type": "integer"}, "n": {"type": "number"}}}
    limits = event_limits(Schema(KEY, event), Mysql(number="DOUBLE"))
    assert {path: limit.longer_than for path, limit in limits.items()} == {
        ("event", "timestamp"): 0
    }


@pytest.mark.parametrize(
    "schema",
    [
        Schema(KEY, {"properties": {"x" * 80: {}}}),
        Schema(SchemaKey("x" * 63, 1), {"properties": {}}),
    ],
)
def test_a_schema_without_a_table_has_no_events(schema: Schema) -> None:
    with pytest.raises(SchemaUnfit):
        event_limits(schema, Mysql())
