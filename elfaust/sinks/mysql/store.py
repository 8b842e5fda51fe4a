"""MySQL as the other rooms ask of it: elfaust/sinks/base.py, Store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import replace

from elfaust.checks import Subject
from elfaust.events.storable import EventLimits
from elfaust.records import SchemaKey
from elfaust.schema.changes.change import Change
from elfaust.schema.lint import Diagnostic
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.settings import Settings
from elfaust.sinks.base import Store
from elfaust.sinks.mysql.changes import changes
from elfaust.sinks.mysql.checks import subject
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.ddl import quoted
from elfaust.sinks.mysql.event_limits import event_limits
from elfaust.sinks.mysql.lint import lint
from elfaust.sinks.mysql.reading.reader import MysqlReader
from elfaust.sinks.mysql.reading.tables import Tables
from elfaust.sinks.mysql.sink import MysqlSink
from elfaust.sinks.reading import Reader, Stored


class MysqlStore(Store):
    """The store of the role that writes MySQL."""

    title = "MySQL"
    once = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def sink(self) -> MysqlSink:
        """Return what a worker writes with."""
        return MysqlSink(self._settings, Registry.of_workers(self._settings))

    def isolated(self, name: str) -> Settings:
        """Return the settings with a database of a trial's own."""
        return replace(self._settings, mysql=replace(self._settings.mysql, database=name))

    def prepare(self) -> None:
        """Create the database of a trial."""
        self._alone(f"CREATE DATABASE {quoted(self._settings.mysql.database)}")

    def remove(self) -> None:
        """Drop the database of a trial."""
        self._alone(f"DROP DATABASE IF EXISTS {quoted(self._settings.mysql.database)}")

    def _alone(self, statement: str) -> None:
        with closing(
            connect(replace(self._settings.mysql, database="information_schema"))
        ) as connection:
            connection.query(statement)

    def checks(self) -> Subject:
        """Return what doctor examines."""
        return subject(self._settings)

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
