"""The CREATE TABLE of a schema revision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elfaust.columns import MAX_NAME, Column, columns_of
from elfaust.errors import SchemaUnfit
from elfaust.registry import Schema
from elfaust.types import SchemaKey

#: MySQL's largest row; a character of utf8mb4 takes up to 4 bytes, a VARCHAR 2 for its length.
MAX_ROW_BYTES = 65_535
BYTES = {"BIGINT": 8, "INTEGER": 4, "FLOAT": 4, "BOOL": 1, "DATETIME": 8}
DECLARED = {"INTEGER": "INTEGER AUTO_INCREMENT PRIMARY KEY"}


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return "`" + name.replace("`", "``") + "`"


def table_name(table_format: str, key: SchemaKey) -> str:
    """Return the table of a schema revision by the format of the settings.

    Raises SchemaUnfit for a name that is longer than MySQL's 64 characters.
    """
    name = table_format.format(schema=key.schema.replace("-", "_"), revision=key.revision)
    if len(name) > MAX_NAME:
        raise SchemaUnfit(key, f"table {name} is longer than {MAX_NAME} characters")
    return name


def create_table(table: str, schema: Schema) -> str:
    """Return the CREATE TABLE IF NOT EXISTS of a schema revision."""
    columns = fitting(columns_of(schema.key, schema.event, schema.dialect))
    lines = [_declaration(column) for column in columns]
    for column in columns:
        if column.indexed:
            kind = "UNIQUE KEY" if column.unique else "KEY"
            lines.append(f"{kind} {quoted(f'ix_{column.name}'[:MAX_NAME])} ({quoted(column.name)})")
    body = ",\n  ".join(lines)
    return (
        f"CREATE TABLE IF NOT EXISTS {quoted(table)} (\n  {body}\n) "
        f"ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='{owner(schema.key)}'"
    )


OWNER = (
    "SELECT table_comment FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_name = %s"
)


def owner(key: SchemaKey) -> str:
    """Return the comment of a schema revision's table: whose it is.

    `Foo-Bar` and `Foo_Bar` would have tables of one name; the comment tells them apart.
    """
    return f"{key.schema} {key.revision}"


def owner_of(cursor: Any, table: str) -> str | None:
    """Return whose a table of the current database is, None if there is no such table.

    Tables from before this pipeline have no comment and are taken for anybody's: "".
    """
    cursor.execute(OWNER, (table,))
    comments: list[str] = [comment for (comment,) in cursor.fetchall()]
    return comments[0] if comments else None


def fitting(columns: Sequence[Column]) -> list[Column]:
    """Return columns whose row MySQL can hold.

    Where the row would pass 65,535 bytes, the strings without an index are TEXT: the same values,
    kept beside the row.
    """
    if sum(_bytes(column) for column in columns) <= MAX_ROW_BYTES:
        return list(columns)
    return [
        column._replace(sql_type="TEXT")
        if column.sql_type.startswith("VARCHAR") and not column.indexed
        else column
        for column in columns
    ]


def _bytes(column: Column) -> int:
    length = column.sql_type.partition("(")[2].rstrip(")")
    # One byte more for the bit that says NULL is on the safe side.
    return (4 * int(length) + 2 if length else BYTES[column.sql_type]) + 1


def _declaration(column: Column) -> str:
    declared = DECLARED.get(column.sql_type, column.sql_type)
    return f"{quoted(column.name)} {declared}{'' if column.nullable else ' NOT NULL'}"
