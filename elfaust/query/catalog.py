"""The tables and views that there are to ask: those that Hive is given for the same folders."""

from __future__ import annotations

from functools import cached_property

from elfaust.hive.look import folders_of_schemas
from elfaust.hive.tables import REVISION, SCHEMA, Table, View
from elfaust.hive.wanted import Wanted, Wanting
from elfaust.query.freshness_file import FRESHNESS, newest_file
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.storage import Storage


class Catalog:
    """Finds tables and views by name. Raises SettingsError for a `hdfs.path` that Hive cannot have.

    All raise ServerAway where the storage does not answer.
    """

    def __init__(self, settings: Settings, storage: Storage) -> None:
        self._settings = settings
        self._storage = storage
        self._wanting = Wanting(settings, Registry.of_workers(settings), storage)

    def refresh(self) -> None:
        """Look for new folders at the next question."""
        for name in ("_wanted", "tables", "freshness"):
            self.__dict__.pop(name, None)

    @cached_property
    def _wanted(self) -> Wanted:
        return self._wanting.of_folders(folders_of_schemas(self._settings, self._storage))

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The tables by name."""
        return {table.name: table for table in self._wanted.tables.values()}

    @property
    def views(self) -> dict[str, View]:
        """The views by name."""
        return self._wanted.views

    def known(self) -> set[str]:
        """Return the names of all tables and views, in lower case."""
        freshness = [FRESHNESS] if self.freshness else []
        return {*self.tables, *self.views, *freshness}

    @cached_property
    def freshness(self) -> str:
        """The newest file of the table of freshness, "" where there is none."""
        return newest_file(self._settings, self._storage)

    def tables_of(self, view: View) -> dict[int, Table]:
        """Return the tables of a view, by revision."""
        schema, revisions = view.properties[SCHEMA], view.properties[REVISION].split()
        return {
            int(table.properties[REVISION]): table
            for table in self.tables.values()
            if table.properties.get(SCHEMA) == schema
            and table.properties.get(REVISION) in revisions
        }

    def by_key(self) -> dict[SchemaKey, Table]:
        """Return the tables of schema revisions."""
        return {
            SchemaKey(table.properties[SCHEMA], int(table.properties[REVISION])): table
            for table in self.tables.values()
            if SCHEMA in table.properties
        }
