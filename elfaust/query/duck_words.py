"""Views in the words of DuckDB: the merge of revisions is Hive's own (hive/merge.py)."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

SCALARS = (
    ("VARCHAR", pa.types.is_string),
    ("BIGINT", pa.types.is_int64),
    ("INTEGER", pa.types.is_int32),
    ("DOUBLE", pa.types.is_float64),
    ("BOOLEAN", pa.types.is_boolean),
    ("TIMESTAMP", pa.types.is_timestamp),
)


def duck_type(kind: pa.DataType) -> str:
    """Return DuckDB's name of a type. Raises ValueError for a type that no file of ours has."""
    if pa.types.is_struct(kind):
        return f"STRUCT({', '.join(f'{quoted(of.name)} {duck_type(of.type)}' for of in kind)})"
    if pa.types.is_list(kind):
        return f"{duck_type(kind.value_type)}[]"
    for name, is_of in SCALARS:
        if is_of(kind):
            return name
    raise ValueError(f"no type of DuckDB for {kind}")


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def in_microseconds(table: str, columns: pa.Schema) -> str:
    """Return the SELECT of a table with timestamps of the one unit that all functions take.

    One that has no such number is NULL.
    """
    casts = [
        f"TRY_CAST({quoted(of.name)} AS TIMESTAMP) AS {quoted(of.name)}"
        for of in columns
        if pa.types.is_timestamp(of.type) and of.type.unit != "us"
    ]
    replaced = f" REPLACE ({', '.join(casts)})" if casts else ""
    return f"SELECT *{replaced} FROM {quoted(table)}"


class DuckWords:
    """What views are made of, as DuckDB writes it."""

    def name(self, name: str) -> str:
        """Return a name, quoted."""
        return quoted(name)

    def field(self, struct: str, name: str) -> str:
        """Return a field of a struct: with a dot it might be a table's column."""
        return f"struct_extract({struct}, '{name}')"

    def struct(self, fields: Sequence[tuple[str, str]], of: str) -> str:
        """Return a struct; NULL where another is."""
        pairs = ", ".join(f"{quoted(name)} := {value}" for name, value in fields)
        return f"CASE WHEN {of} IS NOT NULL THEN struct_pack({pairs}) END"

    def cast(self, value: str, have: pa.DataType, want: pa.DataType) -> str:
        """Return a value as one of a wider type; of a double the text is Hive's."""
        if pa.types.is_float64(have) and pa.types.is_string(want):
            return f"java_text({value})"
        return f"CAST({value} AS {duck_type(want)})"

    def moment(self, text: str) -> str:
        """Return a text as a timestamp; NULL where it is none."""
        return f"TRY_CAST({text} AS TIMESTAMP)"

    def null(self, want: pa.DataType) -> str:
        """Return a NULL of a type."""
        return f"CAST(NULL AS {duck_type(want)})"
