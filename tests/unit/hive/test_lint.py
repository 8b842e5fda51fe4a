"""What lint and diff say of Hive."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from elfaust.hive.lint import HiveReaders
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Settings

SETTINGS = Settings()
READERS = HiveReaders(SETTINGS)
STRING, INTEGER, NUMBER = ({"type": kind} for kind in ("string", "integer", "number"))


def schema(name: str = "Edit", revision: int = 1, **properties: Any) -> Schema:
    return Schema(SchemaKey(name, revision), {"properties": properties or {"a": STRING}})


def lint(of: Schema, *others: SchemaKey) -> list[str]:
    return [diagnostic.message for diagnostic in READERS.lint(of, [of.key, *others])]


def test_nothing_hurts() -> None:
    assert lint(schema(), SchemaKey("Edit", 2)) == []


def test_names_that_several_would_have() -> None:
    [message] = lint(schema("Edit_2", 7), SchemaKey("Edit", 2))
    assert message == "Choose another name: in Hive edit_2 is the table or view of another schema."
    [message] = lint(schema("Edit", 2), SchemaKey("Edit_2", 7))
    assert "the view of Edit_2" in message
    [message] = lint(schema("A-b"), SchemaKey("a_b", 1))
    assert message == "Choose another name: Hive has the table a_b_1 of another schema."


def test_names_that_need_quotes_or_are_none() -> None:
    assert lint(schema("Select")) == [
        "Choose another name: select needs quotes as the name of its view in Hive."
    ]
    assert lint(Schema(SchemaKey("Edit", 1), {"properties": {"": STRING, "a": STRING}})) == [
        "Give it a name: Hive has no column of it."
    ]


def test_a_view_called_as_the_column_of_fields() -> None:
    [message] = lint(schema("Event"))
    assert "event.dt is the capsule's dt" in message
    assert lint(schema("Events")) == []


def test_types_of_views_that_change() -> None:
    old = schema(a=INTEGER, b=STRING, c={"type": "array", "items": INTEGER}, d=STRING)
    new = schema(revision=2, a=NUMBER, b=STRING, c={"type": "array", "items": NUMBER})
    changes = {change.path: change.message for change in READERS.changes(old, new)}
    assert changes == {
        "$.event.a": "Hive's view edit has bigint, now double",
        "$.event.c": "Hive's view edit has NULL here for revision 1: array<bigint> cannot be made "
        "array<double>",
    }


def test_paths_that_hive_cannot_have_are_not_its_concern() -> None:
    path = "{schema}_{revision}/{year}/{month}/{day}/{hour}"
    readers = HiveReaders(replace(SETTINGS, hdfs=replace(SETTINGS.hdfs, path=path)))
    assert list(readers.lint(schema("Select"), [])) == []
    assert list(readers.changes(schema(), schema(a=INTEGER))) == []
