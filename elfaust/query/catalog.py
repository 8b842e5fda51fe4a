"""The tables and views that there are to ask, by the names that Hive has for them.

A table is there where its folder is, so that DuckDB has those that Hive is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from elfaust.errors import SchemaAway, SchemaUnfit
from elfaust.hive.merge import Merged, merge
from elfaust.hive.names import HiveNames, Names
from elfaust.hive.tables import Table, table_of
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.storage import Storage


class Catalog:
    """Finds tables by name. Raises SettingsError where `hdfs.path` is none that Hive can have."""

    def __init__(self, settings: Settings, storage: Storage) -> None:
        self._settings = settings
        self._storage = storage
        self._names = HiveNames(settings)
        self._registry = Registry.of_workers(settings)

    @cached_property
    def names(self) -> Names:
        """The names of what has files; raises ServerAway."""
        return self._names.of(self._stored(self._registry.known()))

    @cached_property
    def by_name(self) -> dict[str, SchemaKey]:
        """The schema revision of each table."""
        return {name: key for key, name in self.names.tables.items()}

    def known(self) -> set[str]:
        """Return the names of all tables and views, in lower case."""
        return {*self.by_name, *self.names.views}

    def tables_of(self, name: str) -> dict[int, Table]:
        """Return the tables that a table or a view reads, by revision.

        A view does without a revision that has no Parquet files. Raises SchemaUnfit, SchemaAway.
        """
        if name in self.by_name:
            key = self.by_name[name]
            return {key.revision: self._table(key)}
        found = {}
        for key in self.names.views[name]:
            try:
                found[key.revision] = self._table(key)
            except (SchemaUnfit, SchemaAway) as error:
                missing = error
        if not found:
            raise missing
        return found

    def is_view(self, name: str) -> bool:
        """Tell whether a name is that of a view."""
        return name in self.names.views

    def _table(self, key: SchemaKey) -> Table:
        schema = self._registry.find(key)
        return table_of(schema, self.names.tables[key], self._names.location(key))

    def _stored(self, keys: Iterable[SchemaKey]) -> list[SchemaKey]:
        """Return those of some schema revisions that have a folder."""
        inside: dict[str, set[str]] = {}
        found = []
        for key in keys:
            parent, _, name = self._names.location(key).rpartition("/")
            if parent not in inside:
                inside[parent] = set(self._storage.list(parent))
            if name in inside[parent]:
                found.append(key)
        return found


def merged_of(tables: dict[int, Table]) -> Merged:
    """Return the columns of a view over tables by revision."""
    return merge({revision: table.files for revision, table in tables.items()})
