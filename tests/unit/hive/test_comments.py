"""Comments of what the metastore can hold."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from elfaust.hive.comments import MAX_COMMENT, comment, described, field_comments


@given(st.text())
def test_a_comment_is_one_line_of_latin1(text: str) -> None:
    made = comment(text)
    made.encode("cp1252")
    assert len(made) <= MAX_COMMENT
    assert made.isprintable()


def test_quotes_and_line_ends() -> None:
    assert comment('it\'s\r\n a "€" ✓\u2028; DROP') == 'it\'s a "€" ? ; DROP'
    assert comment("é" * 300) == "é" * 252 + "..."


def test_a_schema_is_described_by_its_description_or_title() -> None:
    assert described({"title": "t", "description": "d"}) == "d"
    assert described({"title": "t"}) == "t"
    assert described({"description": 1}) == ""


def test_fields_are_named_by_their_path() -> None:
    schema: dict[str, Any] = {
        "properties": {
            "a.b": {"type": "integer", "description": "Time", "unit": "ms"},
            "list": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"c": {"type": "string", "description": "C"}},
                },
            },
            "[]": {"type": "integer", "description": "called as items are"},
            "long" * 70: {"type": "string", "description": "no room for its path"},
        }
    }
    assert field_comments(schema) == {
        "elfaust.field.event.a_b": "Time (ms)",
        "elfaust.field.event.list[].c": "C",
        "elfaust.field.event.__": "called as items are",
    }
