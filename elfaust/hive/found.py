"""What the metastore has, in our words, and how it differs from what it has to have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import dirname
from typing import NamedTuple

from elfaust.hive.locations import is_at
from elfaust.hive.tables import (
    DIGEST,
    SCHEMA,
    VERSION,
    Column,
    Table,
    View,
    digest,
    names_and_types,
)

PARQUET_INPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
PARQUET_OUTPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
#: Properties by which Hive reads other columns or rows than the files have, unless they are false.
READING = (
    "parquet.column.index.access",
    "skip.footer.line.count",
    "skip.header.line.count",
    "storage_handler",
)
#: Parameters of a serde that say nothing of what is read.
HARMLESS = ("path", "serialization.format")
#: Characters of a type that a message has room for.
LONGEST_TYPE = 200
ANOTHER_NAME = "give it another name"


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
    #: Parameters by which Hive reads something else.
    odd: tuple[str, ...] = ()
    database: str = ""
    #: The table as Thrift has it, to alter it.
    raw: object = field(default=None, compare=False)

    @property
    def quoted(self) -> str:
        """The name as SQL has it, whatever database a session is in."""
        return ".".join(f"`{name}`" for name in (self.database, self.name) if name)


class FoundPartition(NamedTuple):
    """A partition that the metastore has."""

    values: tuple[str, ...]
    location: str
    columns: tuple[Column, ...]
    input_format: str
    serde: str
    odd: tuple[str, ...] = ()


def differences(found: Found, table: Table, home: str) -> Iterator[Difference]:
    """Yield what somebody has altered of a table; `home` is the file system of all."""
    yield from deleting(found)
    cure = f"{dropping(found)}, and elfaust hive sync"
    for what in (*_storage(found, table, home), *_columns(found, table)):
        yield Difference(found.name, what, cure)


def deleting(found: Found) -> Iterator[Difference]:
    """Yield why the files of a table would go with it."""
    for fault, cure in _deleting(found):
        alter = f"ALTER TABLE {found.quoted} SET TBLPROPERTIES ({cure})"
        yield Difference(found.name, f"{fault}: DROP TABLE deletes the files", alter)


def dropping(found: Found) -> str:
    """Return the cure that drops a table, and never its files."""
    # A cure that deletes the files is none.
    first = "the other cure first, then " if list(_deleting(found)) else ""
    return f"{first}DROP TABLE {found.quoted}, which leaves the files"


def _deleting(found: Found) -> Iterator[tuple[str, str]]:
    """Yield why a table's files go with it, and what alters that."""
    external = found.properties.get("EXTERNAL", "").upper() == "TRUE"
    if found.kind != "EXTERNAL_TABLE" or not external:
        yield "is not external", "'EXTERNAL'='TRUE'"
    if found.properties.get("external.table.purge", "false").lower() == "true":
        yield "has external.table.purge", "'external.table.purge'='false'"


def odd_parameters(serde: Mapping[str, str], properties: Mapping[str, str]) -> tuple[str, ...]:
    """Return the parameters of a serde and of a table by which Hive reads something else."""
    named = {key: of for key, of in serde.items() if key not in HARMLESS}
    named |= {key: of for key, of in properties.items() if key in READING}
    return tuple(sorted(key for key, of in named.items() if of.lower() not in ("false", "0")))


def _storage(found: Found, table: Table, home: str) -> Iterator[str]:
    if not is_at(found.location, table.location, home):
        yield f"reads {found.location}, not {home}{table.location}"
    if found.odd:
        yield f"has {', '.join(found.odd)}, by which Hive reads other columns or rows"
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


def partition_fault(found: FoundPartition, table: Table, path: str, home: str) -> str:
    """Return why a partition does not give the rows of its folder, "" where it does.

    `home` is the file system of its table.
    """
    if not is_at(found.location, path, home):
        return f"reads {found.location}"
    if names_and_types(found.columns) != names_and_types(table.columns):
        return "has other columns than its table, which read NULL in it"
    if found.input_format != PARQUET_INPUT or found.serde != PARQUET_SERDE:
        return "is not read as Parquet"
    if found.odd:
        return f"has {', '.join(found.odd)}, by which Hive reads other columns or rows"
    return ""


def holds_partitions(found: Found, table: Table, home: str) -> bool:
    """Tell whether partitions may be added to a table, whatever else differs."""
    if found.kind not in ("EXTERNAL_TABLE", "MANAGED_TABLE"):
        return False
    same = names_and_types(found.partitions) == names_and_types(table.partitions)
    return same and is_at(found.location, table.location, home)


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


def view_fault(found: Found) -> Difference | None:
    """Return why what has a view's name is not elfaust's to replace; None where it is."""
    if found.kind != "VIRTUAL_VIEW":
        what = "is a table that somebody made: the schema of that name has no view"
        return Difference(found.name, what, ANOTHER_NAME)
    if found.properties.get(DIGEST) != digest(found.text, found.columns):
        cure = f"DROP VIEW {found.quoted}, and elfaust hive sync"
        what = "is a view that somebody made or altered by hand"
        return Difference(found.name, what, cure if is_ours(found) else ANOTHER_NAME)
    return None


def table_fault(found: Found) -> Difference | None:
    """Return why what has a table's name is not elfaust's to keep; None where it is."""
    if found.kind == "VIRTUAL_VIEW":
        return view_fault(found)
    if not is_ours(found):
        what = "is a table that somebody made: the schema revision of that name has none"
        return Difference(found.name, what, ANOTHER_NAME)
    return None


def freshness_fault(found: Found, folder: str) -> Difference | None:
    """Return why what has the name of the table of freshness is not elfaust's; None where it is.

    Its files are in folders of a folder called `folder`.
    """
    above = dirname(found.location).rpartition("/")[2]
    if found.kind != "VIRTUAL_VIEW" and VERSION in found.properties and above == folder:
        return None
    what = "is somebody else's: the table of freshness is not in Hive"
    return Difference(found.name, what, ANOTHER_NAME)


def is_ours(found: Found) -> bool:
    """Tell whether elfaust has made a table or a view of a schema."""
    return SCHEMA in found.properties


def is_current(found: Found, view: View) -> bool:
    """Tell whether a view of elfaust's is as it has to be now."""
    return found.properties.get(DIGEST) == view.properties[DIGEST]
