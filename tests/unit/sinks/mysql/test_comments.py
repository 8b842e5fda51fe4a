"""Comments of MySQL's tables: what of a schema's descriptions they can hold."""

from __future__ import annotations

from typing import Any

from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import shape_of
from elfaust.sinks.mysql.comments import (
    FEWEST_BYTES,
    MAX_COLUMN,
    column_comments,
    literal,
    storable,
)
from elfaust.sinks.mysql.ddl import create_table, table_columns
from elfaust.sinks.mysql.table_limits import COLUMN_BYTES, DEFINITION_BYTES

KEY = SchemaKey("Said", 1)


def comments(**properties: Any) -> dict[str, str]:
    schema = Schema(KEY, {"properties": properties})
    return column_comments(shape_of(schema.event), table_columns(schema))


def test_a_column_says_what_its_field_is_and_in_which_unit() -> None:
    inner = {"type": "object", "properties": {"b": {"type": "integer", "description": "Deep"}}}
    found = comments(
        a={"type": "number", "description": "Time to save", "unit": "ms"},
        list={"type": "array", "items": {"type": "string"}, "description": "All of them"},
        open={},
        inner=inner,
        quiet={"type": "string"},
        timestamp={"type": "integer"},
    )
    assert found["event_a"] == "Time to save (ms)"
    assert found["event_list"] == "JSON text: All of them"
    assert found["event_open"] == "JSON text"
    assert found["event_inner_b"] == "Deep"
    assert "event_quiet" not in found
    assert found["event_timestamp"] == "YYYYMMDDHHMMSS, UTC"
    assert found["dt"].endswith("UTC")
    assert found["timestamp"].endswith("UTC")


def test_what_mysql_cannot_hold_is_replaced_and_what_is_long_is_cut() -> None:
    assert storable("a\U0001f600b\ud800\uffff", 9) == "a\ufffdb\ufffd\uffff"
    assert storable("x" * 12, 12) == "x" * 12
    assert storable("x" * 8 + " " + "x" * 5, 12) == "x" * 8 + "..."
    long = comments(a={"type": "string", "description": "é" * 5_000})["event_a"]
    assert len(long) == MAX_COLUMN


def test_comments_of_many_columns_share_the_room_that_names_leave() -> None:
    words = {"type": "integer", "description": "€" * 1_000}
    for count in (100, 900):
        found = comments(**{f"p{n}": words for n in range(count)})
        names = (*(f"event_p{n}" for n in range(count)), "clientIp", "webHost")
        taken = sum(len(name) + COLUMN_BYTES for name in names)
        assert taken + sum(len(text.encode()) for text in found.values()) <= DEFINITION_BYTES
        assert min(len(found[f"event_p{n}"]) for n in range(count)) > FEWEST_BYTES / 3
    # Where names take all there is no comment, and the table is what it was.
    named = {f"{n:04}" + "x" * 54: words for n in range(780)}
    assert comments(**named) == {}


def test_a_description_is_nothing_but_text_in_sql() -> None:
    hostile = "it's \\' a `b` %s \\"
    assert literal(hostile) == "'it''s \\\\'' a `b` %s \\\\'"
    event = {"description": hostile, "properties": {"a": {"description": hostile}}}
    statement = create_table("Said_1", Schema(KEY, event))
    assert f"`event_a` VARCHAR(1024) COMMENT {literal('JSON text: ' + hostile)}," in statement
    assert statement.endswith(f" COMMENT={literal('Said 1: ' + hostile)}")
