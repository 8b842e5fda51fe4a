"""Parquet as the other rooms ask of it: elfaust/sinks/base.py, Store."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from elfaust.events.storable import EventLimits
from elfaust.records import SchemaKey
from elfaust.schema.changes.change import Change
from elfaust.schema.lint import Diagnostic
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Settings
from elfaust.sinks.parquet.changes import changes
from elfaust.sinks.parquet.lint import lint
from elfaust.sinks.parquet.table import ParquetWriter


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
