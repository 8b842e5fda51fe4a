"""The table that Hive has to have of a schema revision, made of the schema alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from elfaust import __version__
from elfaust.hive.comments import CAPSULE, PARTITIONS, comment, described, field_comments
from elfaust.hive.merge import EVENT_TIME, PARTITION_COLUMNS, Merged
from elfaust.hive.types import hive_type, nameable_columns
from elfaust.hive.views import HiveEngine, select, view_columns
from elfaust.schema.lookup.registry import Schema
from elfaust.sinks.parquet.table import ParquetWriter

#: What keeps files when a table is dropped: without the first a table is Hive's own, whatever its
#: type says, and with the second purged.
KEPT = {"EXTERNAL": "TRUE", "external.table.purge": "false"}
#: Keys of properties: whose a table is, and by which elfaust.
SCHEMA, REVISION, VERSION = "elfaust.schema", "elfaust.revision", "elfaust.version"
#: The key of the property that tells whether somebody has altered a table's columns, or a view.
DIGEST = "elfaust.digest"


@dataclass(frozen=True)
class Column:
    """A column as the metastore has it."""

    name: str
    type: str
    comment: str = ""


@dataclass(frozen=True)
class Table:
    """An external table of Parquet files, partitioned by hour; `location` is an absolute path."""

    name: str
    location: str
    columns: tuple[Column, ...]
    comment: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    #: The columns that Hive can have, as the files have them.
    files: pa.Schema = field(default_factory=lambda: pa.schema([]), compare=False)

    @property
    def partitions(self) -> tuple[Column, ...]:
        """The columns of partitions."""
        return columns_of(PARTITION_COLUMNS, PARTITIONS)


@dataclass(frozen=True)
class View:
    """The view of a schema; `text` is its SELECT."""

    name: str
    text: str
    columns: tuple[Column, ...]
    comment: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    merged: Merged | None = field(default=None, compare=False)
    #: The names of the tables that it unites.
    tables: frozenset[str] = frozenset()


def columns_of(fields: Iterable[pa.Field], comments: Mapping[str, str]) -> tuple[Column, ...]:
    """Return fields of Arrow as columns, with their comments by name."""
    return tuple(
        Column(of.name.lower(), hive_type(of.type), comment(comments.get(of.name, "")))
        for of in fields
    )


def external_table(
    name: str,
    location: str,
    files: pa.Schema,
    words: str,
    comments: Mapping[str, str],
    properties: Mapping[str, str],
) -> Table:
    """Return the table of files with the columns `files`; `words` is its comment.

    `comments` are those of columns by name, `properties` those of the table besides KEPT.
    """
    named = nameable_columns(files)
    columns = columns_of(named, comments)
    kept = {**properties, **KEPT, VERSION: __version__, DIGEST: digest("", columns)}
    return Table(name, location, columns, comment(words), kept, named)


def table_of(schema: Schema, name: str, location: str) -> Table:
    """Return the table of a schema revision; raises SchemaUnfit where it has no Parquet files."""
    files = ParquetWriter(schema).schema
    whose = {SCHEMA: schema.key.schema, REVISION: str(schema.key.revision)}
    properties = {**field_comments(schema.event), **whose}
    return external_table(name, location, files, described(schema.event), CAPSULE, properties)


def view_of(
    schema: str, name: str, tables: Mapping[int, Table], merged: Merged, database: str
) -> View:
    """Return the view of a schema over its tables by revision, merged by `merge`."""
    engine = HiveEngine()
    sources = {
        number: f"{engine.name(database)}.{engine.name(table.name)}"
        for number, table in tables.items()
    }
    newest = tables[max(tables)]
    fields = {
        key: value for number in sorted(tables) for key, value in tables[number].properties.items()
    }
    revisions = " ".join(map(str, sorted(tables)))
    properties = {**{k: v for k, v in fields.items() if k not in KEPT}, REVISION: revisions}
    text = select(engine, merged, sources)
    columns = columns_of(view_columns(merged), {**CAPSULE, **PARTITIONS})
    properties |= {SCHEMA: schema, DIGEST: digest(text, columns)}
    names = frozenset(table.name for table in tables.values())
    return View(name, text, columns, newest.comment, properties, merged, names)


def names_and_types(columns: tuple[Column, ...]) -> list[tuple[str, str]]:
    """Return columns without comments, as they compare."""
    return [(of.name.lower(), of.type.lower().replace(" ", "")) for of in columns]


def digest(text: str, columns: tuple[Column, ...]) -> str:
    """Return what changes with columns, and with a view's SELECT.

    Hive keeps the text of a statement without some of its quotes and blanks.
    """
    types = [part for pair in names_and_types(columns) for part in pair]
    parts = [re.sub(r"[`\s]", "", text), *types]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


__all__ = ["EVENT_TIME", "Column", "Table", "View", "external_table", "table_of", "view_of"]
