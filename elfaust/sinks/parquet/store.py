"""Parquet as the other rooms ask of it: elfaust/sinks/base.py, Store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from elfaust.checks import Subject
from elfaust.events.storable import EventLimits
from elfaust.records import Record, SchemaKey
from elfaust.schema.changes.change import Change
from elfaust.schema.lint import Diagnostic
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.settings import Settings
from elfaust.sinks.base import Store
from elfaust.sinks.parquet.changes import changes
from elfaust.sinks.parquet.checks import subject
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.sinks.parquet.finding import Found, find_file
from elfaust.sinks.parquet.lint import lint
from elfaust.sinks.parquet.reader import parquet_files
from elfaust.sinks.parquet.reading.reader import ParquetReader, stored_in
from elfaust.sinks.parquet.sink import ParquetSink
from elfaust.sinks.parquet.table import ParquetWriter
from elfaust.sinks.reading import Reader, Stored
from elfaust.storage import open_storage


class ParquetStore(Store):
    """The store of the role that writes Parquet."""

    title = "Parquet"
    once = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def sink(self) -> ParquetSink:
        """Return what a worker writes with."""
        settings = self._settings
        return ParquetSink(settings, Registry.of_workers(settings), open_storage(settings.hdfs))

    def isolated(self, name: str) -> Settings:
        """Return the settings with a folder of a trial's own."""
        hdfs = self._settings.hdfs
        return replace(self._settings, hdfs=replace(hdfs, root=f"{hdfs.root}_{name}"))

    def remove(self) -> None:
        """Delete the folder of a trial."""
        open_storage(self._settings.hdfs).delete(self._settings.hdfs.root)

    def checks(self) -> Subject:
        """Return what doctor examines."""
        return subject(self._settings)

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

    def file_of(self, key: SchemaKey, record: Record, capsule: dict[str, Any]) -> Found:
        """Return the file that has an event of a schema revision; raises as `find_file`."""
        return find_file(self._settings, open_storage(self._settings.hdfs), key, record, capsule)

    def read(self) -> Reader:
        """Return what reads the files; raises ServerAway."""
        return ParquetReader(self._settings, open_storage(self._settings.hdfs))
