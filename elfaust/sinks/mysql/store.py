"""MySQL as the other rooms ask of it: elfaust/sinks/base.py, Store."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from elfaust.checks import Subject
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.checks import subject
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.ddl import quoted
from elfaust.sinks.mysql.sink import MysqlSink


class MysqlStore:
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
        with closing(connect(replace(self._settings.mysql, database=""))) as connection:
            connection.query(statement)

    def checks(self) -> Subject:
        """Return what doctor examines."""
        return subject(self._settings)
