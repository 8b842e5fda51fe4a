"""Parquet as the other rooms ask of it: elfaust/sinks/base.py, Store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from elfaust.events.storable import EventLimits
from elfaust.records import SchemaKey
from elfaust.schema.changes.change import Change
from elfaust.schema.lint import Diagnostic
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Settings
from elfaust.sinks.parquet.changes import changes
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.sinks.parquet.lint import lint
from elfaust.sinks.parquet.reader import parquet_files
from elfaust.sinks.parquet.reading.reader import ParquetReader, stored_in
from elfaust.sinks.parquet.table import ParquetWriter
from elfaust.sinks.reading import Reader, Stored
from elfaust.storage import open_storage


class ParquetStore:
    """The store of the role that writes Parquet."""

    title = "Parquet"
    once = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def limits(self, schema: Schema) -> EventLimits:
        """Return nothing: files hold all that fits its schema; raises SchemaUnfit for no type."""
        ParquetWriter(schema)
        return {}

    def lint(self, schema: Schema, others: Collection[SchemaKey]) -> Iterable[Diagnostic]:
        """Return what will hurt of a schema's folder and types."""
        return lint(schema, others)

    def changes(self, old: Schema, new: Schema) -> Iterable[Change]:
        """Return the types that are gone, or are others."""
        return changes(old, new)

    def stored(self, keys: Collection[SchemaKey]) -> Mapping[SchemaKey, Stored]:
        """Return how many rows files have; raises ServerAway."""
        names, storage = FileNames(self._settings), open_storage(self._settings.hdfs)
        key_of = names.schema_of_path(keys)
        files = parquet_files(storage, names.root, lambda path: key_of(path) is not None)
        return stored_in(files, names, keys)

    def read(self) -> Reader:
        """Return what reads the files; raises ServerAway."""
        return ParquetReader(self._settings, open_storage(self._settings.hdfs))
