"""Types of Hive, of the types that the Parquet files have."""

from __future__ import annotations

import pyarrow as pa

#: The longest type that the metastore keeps of a column, bytes (MEDIUMTEXT).
MAX_TYPE = 2**24 - 1


def nameable(kind: pa.DataType) -> pa.DataType:
    """Return a type without the fields of structs that have no name: Hive cannot have them.

    A struct of no other fields has none left; the caller leaves it out.
    """
    if pa.types.is_struct(kind):
        inner = [pa.field(of.name, nameable(of.type)) for of in kind if of.name]
        return pa.struct([of for of in inner if not _is_empty(of.type)])
    if pa.types.is_list(kind):
        return pa.list_(nameable(kind.value_type))
    return kind


def nameable_columns(schema: pa.Schema) -> pa.Schema:
    """Return the columns that Hive can have of a file's."""
    columns = [pa.field(of.name, nameable(of.type)) for of in schema if of.name]
    return pa.schema([of for of in columns if not _is_empty(of.type)])


def _is_empty(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind):
        return _is_empty(kind.value_type)
    return bool(pa.types.is_struct(kind)) and kind.num_fields == 0


def hive_type(kind: pa.DataType) -> str:
    """Return the type of Hive, as the metastore has it: `struct<action:string,tries:bigint>`.

    Raises ValueError for a type that no file of ours has.
    """
    if pa.types.is_struct(kind):
        # Hive knows fields of structs in lower case alone.
        inner = ",".join(f"{of.name.lower()}:{hive_type(of.type)}" for of in kind)
        return f"struct<{inner}>"
    if pa.types.is_list(kind):
        return f"array<{hive_type(kind.value_type)}>"
    if pa.types.is_timestamp(kind) and kind.tz is None:
        return "timestamp"
    for name, is_of in SCALARS:
        if is_of(kind):
            return name
    raise ValueError(f"no type of Hive for {kind}")


SCALARS = (
    ("string", pa.types.is_string),
    ("bigint", pa.types.is_int64),
    ("int", pa.types.is_int32),
    ("double", pa.types.is_float64),
    ("boolean", pa.types.is_boolean),
)
