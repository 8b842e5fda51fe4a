"""CREATE TABLE statements."""

from __future__ import annotations

import pytest

from elfaust.records import SchemaKey
from elfaust.schema.columns import CAPSULE_COLUMNS, ID, Column
from elfaust.schema.lookup.registry import Schema
from elfaust.sinks.mysql.ddl import create_table, fit_row_limit, index_name, owner_of, quoted

STRING = "VARCHAR(1024)"

KEY = SchemaKey("Edit", 17)


def strings(count: int) -> list[Column]:
    return [Column(f"event_{n}", "VARCHAR(1024)", path=("event", str(n))) for n in range(count)]


def test_a_back_quote_in_a_name_is_doubled() -> None:
    assert quoted("a`; DROP TABLE b") == "`a``; DROP TABLE b`"


def test_create_table() -> None:
    schema = Schema(KEY, {"properties": {"pageId": {"type": "integer", "required": True}}})
    statement = create_table("Edit_17", schema)
    assert statement.startswith("CREATE TABLE IF NOT EXISTS `Edit_17` (")
    assert "`id` INTEGER AUTO_INCREMENT PRIMARY KEY NOT NULL" in statement
    assert "`uuid` CHAR(32) COMMENT 'Identity of the event, 32 hexadecimal digits',\n" in statement
    assert "`event_pageId` BIGINT,\n" in statement
    assert "UNIQUE KEY `ix_uuid` (`uuid`)" in statement
    assert "KEY `ix_timestamp` (`timestamp`)" in statement
    assert "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4" in statement


def test_columns_that_fit_a_row_stay() -> None:
    columns = [ID, *CAPSULE_COLUMNS.values(), *strings(15)]
    assert fit_row_limit(columns) == columns


def test_strings_without_index_are_text_where_a_row_would_be_too_long() -> None:
    columns = [ID, *CAPSULE_COLUMNS.values(), *strings(16)]
    stored = fit_row_limit(columns)
    assert [column.sql_type for column in stored if column.indexed] == [
        column.sql_type for column in columns if column.indexed
    ]
    assert {
        c.sql_type for c, was in zip(stored, columns, strict=True) if was.sql_type == STRING
    } == {"TEXT"}


def test_names_of_indexes_that_are_cut_differ() -> None:
    names = ["event_" + "x" * 57 + end for end in "ab"]
    indexes = [index_name(Column(name, "VARCHAR(14)")) for name in names]
    assert [len(index) for index in indexes] == [64, 64]
    assert len(set(indexes)) == 2
    assert index_name(Column("event_" + "x" * 55, "VARCHAR(14)")) == "ix_event_" + "x" * 55


@pytest.mark.parametrize(
    ("comment", "owner"),
    [
        ("Foo 1", "Foo 1"),
        ("Foo 1: what it is\n2", "Foo 1"),
        ("Foo 1 and more", ""),
        ("", ""),
        ("our best table", ""),
        (None, None),
    ],
)
def test_a_table_is_anybody_s_unless_its_comment_names_a_schema(
    comment: str | None, owner: str | None
) -> None:
    class Cursor:
        def execute(self, statement: str, parameters: tuple[str]) -> None:
            assert parameters == ("Foo_1",)

        def fetchall(self) -> list[tuple[str]]:
            return [] if comment is None else [(comment,)]

    assert owner_of(Cursor(), "Foo_1") == owner
