"""Tables and views of schemas."""

from __future__ import annotations

from typing import Any

from elfaust.hive.ddl import create_table, create_view, literal
from elfaust.hive.merge import merge
from elfaust.hive.tables import Table, table_of, view_of
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Schema

HOSTILE = "'; DROP TABLE x; -- \\ ${system:user.name} \n\u2028 \N{SNOWMAN}"


def schema(revision: int = 1, **properties: Any) -> Schema:
    event = {"description": HOSTILE, "properties": properties}
    return Schema(SchemaKey("Edit", revision), event)


def table(revision: int = 1, **properties: Any) -> Table:
    return table_of(schema(revision, **properties), f"edit_{revision}", f"/root/edit_{revision}")


def test_a_table_is_external_and_is_not_purged() -> None:
    properties = table(a={"type": "string"}).properties
    assert properties["EXTERNAL"] == "TRUE"
    assert properties["external.table.purge"] == "false"
    assert properties["elfaust.schema"] == "Edit"
    assert properties["elfaust.revision"] == "1"


def test_columns_are_those_of_the_files() -> None:
    columns = {of.name: of.type for of in table(a={"type": "integer"}).columns}
    assert columns["event"] == "struct<a:bigint>"
    assert next(iter(columns)) == "dt"


def test_a_schema_without_properties_has_its_event_as_text() -> None:
    assert {of.name: of.type for of in table().columns}["event"] == "string"


def test_a_description_is_no_sql() -> None:
    text = create_table(table(end={"type": "string", "description": HOSTILE}), "event")
    assert "'; DROP" not in text.replace("\\'", "")
    assert "${" not in text
    assert "`event` struct<`end`:string>" in text


def test_a_view_is_of_all_revisions() -> None:
    tables = {1: table(1, a={"type": "integer"}), 2: table(2, a={"type": "number"})}
    merged = merge({number: of.files for number, of in tables.items()})
    view = view_of("Edit", "edit", tables, merged, "event")
    assert "FROM `event`.`edit_1`" in view.text
    assert view.properties["elfaust.revision"] == "1 2"
    assert "EXTERNAL" not in view.properties
    assert create_view(view, "event").startswith("CREATE OR REPLACE VIEW `event`.`edit` (\n")


def test_a_text_of_sql_is_escaped() -> None:
    assert literal("a'b\\c$d;e") == "'a\\'b\\\\c\\u0024d\\u003Be'"
