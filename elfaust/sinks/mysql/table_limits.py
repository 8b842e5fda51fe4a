"""What a table can hold: checked before MySQL is asked, so that a schema is refused by name.

The limits are those of InnoDB with its usual page of 16 kB, found by trial on MariaDB 10.11
(tests/integration/test_mysql_limits.py) and in its sources (dict0dict.cc, unireg.cc).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from elfaust.errors import SchemaUnfit
from elfaust.names import readable_name
from elfaust.records import SchemaKey
from elfaust.schema.columns import Column
from elfaust.sinks.mysql.rows import default_value

#: Of a table of InnoDB, `id` among them.
MAX_COLUMNS = 1_017
#: Of a table, its primary key among them.
MAX_INDEXES = 64
#: Half a page of InnoDB, less its head: where a row's largest part in it would be so many bytes or
#: more, no table is made.
PAGE_BYTES = 8_126
#: A row's head, and the two hidden columns of a transaction.
HEAD_BYTES = 5 + 6 + 7
#: What of a long value is in the row: where the rest is, and one byte for its length.
ELSEWHERE_BYTES = 20 + 1
#: A column that may take more bytes than this is stored elsewhere where the row has no room.
LONG_BYTES = 255
FIXED_BYTES = {"BIGINT": 8, "INTEGER": 4, "FLOAT": 4, "DOUBLE": 8, "BOOL": 1, "DATETIME": 5}
#: MariaDB keeps names and types of a table's columns in one block.
DEFINITION_BYTES = 65_245
#: Of a column in that block, besides its name.
COLUMN_BYTES = 18
#: Bytes of a TEXT.
TEXT_BYTES = 65_535
#: The largest FLOAT.
MAX_FLOAT = 3.4028234663852886e38


def check(key: SchemaKey, columns: Sequence[Column]) -> None:
    """Raise SchemaUnfit where MySQL has no table of these columns, or a default does not fit."""
    for fault in _faults(columns):
        raise SchemaUnfit(key, fault)


def _faults(columns: Sequence[Column]) -> Iterator[str]:
    """Yield why there can be no such table."""
    if len(columns) > MAX_COLUMNS:
        yield f"{len(columns)} columns are more than the {MAX_COLUMNS} that a table has"
    indexes = sum(column.indexed or column.name == "id" for column in columns)
    if indexes > MAX_INDEXES:
        yield f"{indexes} indexes are more than the {MAX_INDEXES} that a table has"
    if (size := row_bytes(columns)) >= PAGE_BYTES:
        yield f"{len(columns)} columns make rows of {size} bytes, InnoDB's page holds {PAGE_BYTES}"
    if sum(len(column.name.encode()) + COLUMN_BYTES for column in columns) > DEFINITION_BYTES:
        yield f"{len(columns)} columns have names that are too long together: shorten them"
    for column in columns:
        if column.default is not None and (fault := _default_fault(column)):
            where = ".".join(column.path)
            yield f"the default of {readable_name(where)} does not fit {column.sql_type}: {fault}"


def row_bytes(columns: Sequence[Column]) -> int:
    """Return how many bytes of a row InnoDB keeps in its page at most."""
    nullable = sum(column.nullable for column in columns)
    return HEAD_BYTES + (nullable + 7) // 8 + sum(map(_bytes, columns))


def _bytes(column: Column) -> int:
    if column.sql_type == "TEXT":
        return ELSEWHERE_BYTES
    length = column.sql_type.partition("(")[2].rstrip(")")
    if not length:
        return FIXED_BYTES[column.sql_type]
    most = 4 * int(length)
    return most + 1 if most <= LONG_BYTES else ELSEWHERE_BYTES


def _default_fault(column: Column) -> str:
    """Return why a column does not hold its default, "" where it does."""
    try:
        value = default_value(column)
    except ValueError as error:
        return str(error)
    if isinstance(value, str):
        return _text_fault(value, column.sql_type)
    if column.sql_type == "BIGINT" and not -(2**63) <= (value or 0) < 2**63:
        return f"{value} passes 64 bits"
    if column.sql_type == "FLOAT" and abs(value or 0) > MAX_FLOAT:
        return f"{value} passes {MAX_FLOAT}"
    return ""


def _text_fault(value: str, sql_type: str) -> str:
    if sql_type == "TEXT":
        size, most, unit = len(value.encode()), TEXT_BYTES, "bytes"
    else:
        size, most, unit = len(value), int(sql_type.partition("(")[2].rstrip(")")), "characters"
    return f"it has {size} {unit}, not at most {most}" if size > most else ""
