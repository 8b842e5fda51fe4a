"""MySQL as the other rooms ask of it: elfaust/sinks/base.py, Store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import closing

from elfaust.events.storable import EventLimits
from elfaust.records import SchemaKey
from elfaust.schema.changes.change import Change
from elfaust.schema.lint import Diagnostic
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Settings
from elfaust.sinks.mysql.changes import changes
from elfaust.sinks.mysql.event_limits import event_limits
from elfaust.sinks.mysql.lint import lint
from elfaust.sinks.mysql.reading.reader import MysqlReader
from elfaust.sinks.mysql.reading.tables import Tables
from elfaust.sinks.reading import Reader, Stored


class MysqlStore:
    """The store of the role that writes MySQL."""

    title = "MySQL"
    once = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def limits(self, schema: Schema) -> EventLimits:
        """Return what a table's columns cannot hold; raises SchemaUnfit where there is no table."""
        return event_limits(schema, self._settings.mysql)

    def lint(self, schema: Schema, others: Collection[SchemaKey]) -> Iterable[Diagnostic]:
        """Return what will hurt of a schema's table."""
        return lint(schema, self._settings.mysql, others)

    def changes(self, old: Schema, new: Schema) -> Iterable[Change]:
        """Return the columns that are gone, or of another type."""
        return changes(old, new, self._settings.mysql.number)

    def stored(self, keys: Collection[SchemaKey]) -> Mapping[SchemaKey, Stored]:
        """Return how many rows tables have; raises ServerAway."""
        with closing(self.read()) as reader:
            return reader.stored(keys)

    def read(self) -> Reader:
        """Return what reads the tables; raises ServerAway."""
        return MysqlReader(Tables(self._settings.mysql), self._settings.mysql)
