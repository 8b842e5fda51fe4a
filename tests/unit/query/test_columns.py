"""Columns side by side: each value of an event with its name and type in both stores."""

from __future__ import annotations

from elfaust.hive.tables import table_of
from elfaust.query.columns import Pair, side_by_side
from elfaust.records import SchemaKey
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.registry import Schema
from tests.unit.query.stored import EDIT


def test_each_value_has_its_names() -> None:
    schema = Schema(SchemaKey("Edit", 1), EDIT, DIALECTS["2018"])
    pairs = side_by_side(schema, table_of(schema, "edit_1", "/x"))
    by_hive = {pair.hive: pair for pair in pairs}
    by_mysql = {pair.mysql: pair for pair in pairs}
    assert by_hive["event.tries"] == Pair(
        *("event_tries", "BIGINT", "event.tries", "bigint", "How often")
    )
    deep = by_hive["event.foobar.innermost.deepest"]
    assert (deep.mysql, deep.hive_type) == ("event_fooBar_innerMost_deepEst", "string")
    assert by_mysql["event_items"].hive_type == "array<string>"
    assert (by_mysql["userAgent"].hive, by_mysql["userAgent"].hive_type) == ("useragent", "struct")
    assert by_hive["useragent.is_bot"].mysql == ""
    assert by_mysql["dt"].hive_type == "string"
    assert by_hive["event_time"].hive_type == "timestamp"
    assert by_hive["hour"].mysql == by_mysql["id"].hive == by_mysql["timestamp"].hive == ""
    assert all(pair.description for pair in pairs if not pair.hive.startswith(("event.", "usera")))
