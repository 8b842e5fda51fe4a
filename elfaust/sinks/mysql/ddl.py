"""The CREATE TABLE of a schema revision."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from elfaust.boundary import unforeseen
from elfaust.errors import SchemaUnfit
from elfaust.names import MAX_MYSQL_NAME
from elfaust.records import SchemaKey
from elfaust.schema.columns import Column, columns_of
from elfaust.schema.descriptions import described
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import shape_of
from elfaust.sinks.mysql.comments import MAX_TABLE, column_comments, literal, storable
from elfaust.sinks.mysql.table_limits import check

#: MySQL's largest row; a character of utf8mb4 takes up to 4 bytes, a VARCHAR 2 for its length.
MAX_ROW_BYTES = 65_535
BYTES = {"BIGINT": 8, "INTEGER": 4, "FLOAT": 4, "DOUBLE": 8, "BOOL": 1, "DATETIME": 8}
DECLARED = {"INTEGER": "INTEGER AUTO_INCREMENT PRIMARY KEY"}


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return "`" + name.replace("`", "``") + "`"


def table_columns(schema: Schema, number: str = "FLOAT") -> list[Column]:
    """Return the columns of a schema revision's table as MySQL stores them.

    `number` is the setting `mysql.number`.

    Raises SchemaUnfit where there can be no such table, by name and before MySQL is asked.
    """
    with making(schema.key):
        columns = fit_row_limit(columns_of(schema.key, schema.event, schema.dialect, number))
        check(schema.key, columns)
    return columns


@contextmanager
def making(key: SchemaKey) -> Iterator[None]:
    """Have what nobody foresaw of a schema be its own: its events are refused, others go on.

    Raises SchemaUnfit.
    """
    try:
        yield
    except SchemaUnfit:
        raise
    except Exception as error:
        raise SchemaUnfit(key, unforeseen(error, "consumer", *key).message) from error


def create_table(table: str, schema: Schema, number: str = "FLOAT") -> str:
    """Return the CREATE TABLE IF NOT EXISTS of a schema revision.

    Raises SchemaUnfit where there can be no such table.
    """
    columns = table_columns(schema, number)
    with making(schema.key):
        comments = column_comments(shape_of(schema.event), columns)
    lines = [_declaration(column, comments.get(column.name, "")) for column in columns]
    for column in columns:
        if column.indexed:
            kind = "UNIQUE KEY" if column.unique else "KEY"
            lines.append(f"{kind} {quoted(index_name(column))} ({quoted(column.name)})")
    body = ",\n  ".join(lines)
    return (
        f"CREATE TABLE IF NOT EXISTS {quoted(table)} (\n  {body}\n) "
        "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
        f" COMMENT={literal(_table_comment(schema))}"
    )


def index_name(column: Column) -> str:
    """Return the name of a column's index; of one that is too long, a digest ends what is left."""
    name = f"ix_{column.name}"
    if len(name) <= MAX_MYSQL_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: MAX_MYSQL_NAME - 9]}_{digest}"


#: A view has "VIEW" for a comment.
OWNER = (
    "SELECT IF(table_type = 'VIEW', '', table_comment) FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_name = %s"
)
#: The comment of a table that this pipeline has made; what its schema says of it may follow.
OWN = re.compile(r"([A-Za-z0-9_-]{1,63}) ([0-9]{1,18})(?:: .*)?", re.DOTALL)


def owner(key: SchemaKey) -> str:
    """Return how the comment of a schema revision's table begins: whose it is.

    `Foo-Bar` and `Foo_Bar` would have tables of one name; the comment tells them apart.
    """
    return f"{key.schema} {key.revision}"


def owner_of(cursor: Any, table: str) -> str | None:
    """Return whose a table of the current database is, None if there is no such table.

    Tables from before this pipeline, and those to which somebody has given another comment, are
    taken for anybody's: "".
    """
    cursor.execute(OWNER, (table,))
    comments: list[str] = [comment for (comment,) in cursor.fetchall()]
    if not comments:
        return None
    own = OWN.fullmatch(comments[0])
    return f"{own[1]} {own[2]}" if own else ""


def _table_comment(schema: Schema) -> str:
    words = described(schema.event)
    whose = owner(schema.key)
    return storable(f"{whose}: {words}", MAX_TABLE) if words else whose


def fit_row_limit(columns: Sequence[Column]) -> list[Column]:
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


def _declaration(column: Column, comment: str) -> str:
    declared = DECLARED.get(column.sql_type, column.sql_type)
    said = f" COMMENT {literal(comment)}" if comment else ""
    return f"{quoted(column.name)} {declared}{'' if column.nullable else ' NOT NULL'}{said}"
