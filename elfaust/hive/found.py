"""What the metastore has, in our words, and how it differs from what it has to have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import normpath
from typing import NamedTuple
from urllib.parse import urlsplit

from elfaust.hive.tables import DIGEST, SCHEMA, Column, Table, View, digest, names_and_types

PARQUET_INPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
PARQUET_OUTPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
#: Characters of a type that a message has room for.
LONGEST_TYPE = 200


class Difference(NamedTuple):
    """What is not as it has to be, and stays so until somebody does something."""

    #: The table, view, partition, folder or file.
    name: str
    what: str
    cure: str = ""


@dataclass(frozen=True)
class Found:
    """A table or a view that the metastore has; `kind` is Hive's word for it."""

    name: str
    kind: str
    location: str = ""
    columns: tuple[Column, ...] = ()
    partitions: tuple[Column, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    input_format: str = ""
    serde: str = ""
    text: str = ""
    #: The table as Thrift has it, to alter it.
    raw: object = field(default=None, compare=False)


class FoundPartition(NamedTuple):
    """A partition that the metastore has."""

    values: tuple[str, ...]
    location: str
    columns: tuple[Column, ...]
    input_format: str
    serde: str


def differences(found: Found, table: Table) -> Iterator[Difference]:
    """Yield what somebody has altered of a table."""
    keeps = True
    for fault, cure in _deleting(found):
        keeps = False
        alter = f"ALTER TABLE {found.name} SET TBLPROPERTIES ({cure})"
        yield Difference(found.name, f"{fault}: DROP TABLE deletes the files", alter)
    # A cure that deletes the files is none.
    first = "" if keeps else "the other cure first, then "
    cure = f"{first}DROP TABLE {found.name}, which leaves the files, and elfaust hive sync"
    for what in (*_storage(found, table), *_columns(found, table)):
        yield Difference(found.name, what, cure)


def _deleting(found: Found) -> Iterator[tuple[str, str]]:
    """Yield why a table's files go with it, and what alters that."""
    external = found.properties.get("EXTERNAL", "").upper() == "TRUE"
    if found.kind != "EXTERNAL_TABLE" or not external:
        yield "is not external", "'EXTERNAL'='TRUE'"
    if found.properties.get("external.table.purge", "false").lower() == "true":
        yield "has external.table.purge", "'external.table.purge'='false'"


def _storage(found: Found, table: Table) -> Iterator[str]:
    if (there := path_of(found.location)) != path_of(table.location):
        yield f"reads {there}, not {table.location}"
    if found.input_format != PARQUET_INPUT or found.serde != PARQUET_SERDE:
        yield f"is read by {found.serde or found.input_format}, not as Parquet"
    if names_and_types(found.partitions) != names_and_types(table.partitions):
        yield "has other partitions than year, month, day and hour, all int"


def _columns(found: Found, table: Table) -> Iterator[str]:
    had, wanted = names_and_types(found.columns), names_and_types(table.columns)
    for (name, kind), (right, right_kind) in zip(had, wanted, strict=False):
        if name != right:
            yield f"has column {name} where {right} should be"
            return
        if kind != right_kind:
            yield f"has column {name} as {kind:.{LONGEST_TYPE}}, not {right_kind:.{LONGEST_TYPE}}"
    for name, _ in had[len(wanted) :]:
        yield f"has column {name}, which no file has"


def partition_fault(found: FoundPartition, table: Table, path: str) -> str:
    """Return why a partition does not give the rows of its folder, "" where it does."""
    if (there := path_of(found.location)) != path_of(path):
        return f"reads {there}"
    if names_and_types(found.columns) != names_and_types(table.columns):
        return "has other columns than its table, which read NULL in it"
    if found.input_format != PARQUET_INPUT or found.serde != PARQUET_SERDE:
        return "is not read as Parquet"
    return ""


def holds_partitions(found: Found, table: Table) -> bool:
    """Tell whether partitions may be added to a table, whatever else differs."""
    if found.kind not in ("EXTERNAL_TABLE", "MANAGED_TABLE"):
        return False
    same = names_and_types(found.partitions) == names_and_types(table.partitions)
    return same and path_of(found.location) == path_of(table.location)


def lacks_columns(found: Found, table: Table) -> bool:
    """Tell whether a table is to be given the columns that it has to have now.

    So it is where elfaust gave it those that it has, by an older release or an older file of the
    schema; and where only some at the end are missing. None is ever taken away.
    """
    had, wanted = names_and_types(found.columns), names_and_types(table.columns)
    if wanted == had[: len(wanted)]:
        return False
    is_untouched = found.properties.get(DIGEST) == digest("", found.columns)
    return is_untouched or had == wanted[: len(had)]


def view_fault(found: Found, name: str) -> Difference | None:
    """Return why what has a view's name is not elfaust's to replace; None where it is."""
    if found.kind != "VIRTUAL_VIEW":
        what = "is a table that somebody made: the schema of that name has no view"
        return Difference(name, what, "give it another name")
    if found.properties.get(DIGEST) != digest(found.text, found.columns):
        cure = f"DROP VIEW {name}, and elfaust hive sync"
        return Difference(name, "is a view that somebody made or altered by hand", cure)
    return None


def is_ours(found: Found) -> bool:
    """Tell whether elfaust has made a table or a view."""
    return SCHEMA in found.properties


def is_current(found: Found, view: View) -> bool:
    """Tell whether a view of elfaust's is as it has to be now."""
    return found.properties.get(DIGEST) == view.properties[DIGEST]


def path_of(location: str) -> str:
    """Return the path of a location, `hdfs://host:9000/a/b` or `file:/a/b`, as `/a/b`."""
    return normpath(urlsplit(location).path or "/")
