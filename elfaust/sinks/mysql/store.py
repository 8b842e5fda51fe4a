"""MySQL as the other rooms ask of it: elfaust/sinks/base.py, Store."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from elfaust.events.storable import EventLimits
from elfaust.records import SchemaKey
from elfaust.schema.changes.change import Change
from elfaust.schema.lint import Diagnostic
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Settings
from elfaust.sinks.mysql.changes import changes
from elfaust.sinks.mysql.event_limits import event_limits
from elfaust.sinks.mysql.lint import lint


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
