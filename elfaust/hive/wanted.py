"""The tables and views that Hive has to have for the folders that there are."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from elfaust.errors import FolderTrouble, SchemaAway, SchemaUnfit
from elfaust.hive.errors import errors_table
from elfaust.hive.found import LONGEST_TYPE, Difference
from elfaust.hive.look import pattern_of_schemas
from elfaust.hive.merge import merge
from elfaust.hive.names import HiveNames
from elfaust.hive.tables import Table, View, table_of, view_of
from elfaust.records import END_OF_REVISIONS, SchemaKey
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.settings import Settings
from elfaust.sinks.parquet.folder_owners import FolderOwners
from elfaust.storage import Storage

#: Seconds after which a schema that nobody knew is asked for again.
ASK_SECONDS = 60.0


@dataclass
class Wanted:
    """Tables by the paths of their folders, views by name, and what can have no table.

    `notes` says which schemas have no view, and what of a view is NULL.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    told: list[Difference] = field(default_factory=list)
    notes: list[Difference] = field(default_factory=list)


class Wanting:
    """Makes tables and views of schemas, and keeps them until a schema is read again."""

    def __init__(self, settings: Settings, registry: Registry, storage: Storage) -> None:
        self._database = settings.hive.database.lower()
        self._registry = registry
        self._names = HiveNames(settings)
        self._owners = FolderOwners(settings, storage)
        self._errors = errors_table(settings)
        self._pattern = pattern_of_schemas(settings)
        self._keys: dict[str, SchemaKey] = {}
        self._tables: dict[SchemaKey, Table] = {}
        self._views: dict[str, tuple[tuple[Table, ...], View]] = {}
        #: Why a schema revision has no table yet, and until when that is believed.
        self._without: dict[SchemaKey, tuple[float, str]] = {}

    def of_folders(self, paths: Iterable[str]) -> Wanted:
        """Return what the folders at some paths need; raises ServerAway."""
        for changed in self._registry.reload.look():
            self._tables.pop(changed, None)
            self._without.pop(changed, None)
        wanted, keys, in_folder = Wanted(), {}, None
        for path in sorted(paths):
            if path == self._errors.location:
                wanted.tables[path] = self._errors
                continue
            if path not in self._keys and in_folder is None:
                in_folder = self._known()
            try:
                key = self._key(path, in_folder or {})
            except FolderTrouble as trouble:
                wanted.told.append(Difference(path, trouble.detail, "elfaust audit"))
                continue
            if key is None:
                told = Difference(path, "is the folder of no schema revision", "move it away")
                wanted.told.append(told)
            else:
                keys[path] = key
        self._fill(wanted, keys)
        return wanted

    def of_schemas(self, keys: Iterable[SchemaKey]) -> Wanted:
        """Return the tables and views of schema revisions, whether they have folders or not.

        The table of EventErrors is the last.
        """
        wanted = Wanted()
        self._fill(wanted, {self._names.location(key): key for key in keys})
        wanted.tables[self._errors.location] = self._errors
        return wanted

    def _fill(self, wanted: Wanted, keys: Mapping[str, SchemaKey]) -> None:
        names = self._names.of(keys.values())
        wanted.told += [Difference(name, why) for name, why in sorted(names.refused.items())]
        wanted.notes += [Difference(name, why) for name, why in sorted(names.viewless.items())]
        for path, key in keys.items():
            if (name := names.tables.get(key)) and (table := self._table(key, name, wanted)):
                wanted.tables[path] = table
        by_name = {table.name: table for table in wanted.tables.values()}
        for name, of in names.views.items():
            tables = {
                key.revision: by_name[names.tables[key]]
                for key in of
                if names.tables[key] in by_name
            }
            if tables:
                wanted.views[name] = view = self._view(of[0].schema, name, tables)
                wanted.notes += _lost(view)

    def _known(self) -> dict[str, list[SchemaKey]]:
        """Return the schema revisions of schemas.folder, by the paths of their folders."""
        known = defaultdict(list)
        for key in self._registry.known():
            known[self._names.location(key)].append(key)
        return known

    def _key(self, path: str, in_folder: Mapping[str, list[SchemaKey]]) -> SchemaKey | None:
        """Return whose a folder is, None where it is no schema revision's."""
        if path in self._keys:
            return self._keys[path]
        match = self._pattern.fullmatch(path)
        if match is None or int(match["revision"]) >= END_OF_REVISIONS:
            return None
        lower = SchemaKey(match["schema"], int(match["revision"]))
        known = in_folder.get(path, [])
        if len(known) == 1:
            key = known[0]
        else:
            owner = self._owners.owner(lower)
            key = SchemaKey(owner.rpartition("_")[0], lower.revision) if owner else lower
        self._keys[path] = key
        return key

    def _table(self, key: SchemaKey, name: str, wanted: Wanted) -> Table | None:
        if key in self._tables:
            return self._tables[key]
        until, why = self._without.get(key, (0.0, ""))
        if time.monotonic() >= until:
            try:
                schema: Schema = self._registry.find(key)
                table = table_of(schema, name, self._names.location(key))
            except (SchemaAway, SchemaUnfit) as error:
                why = error.detail
                self._without[key] = time.monotonic() + ASK_SECONDS, why
            else:
                self._tables[key] = table
                return table
        wanted.told.append(Difference(name, f"has no table: {why}"))
        return None

    def _view(self, schema: str, name: str, tables: Mapping[int, Table]) -> View:
        of = tuple(tables[number] for number in sorted(tables))
        known = self._views.get(name)
        if known is not None and known[0] == of:
            return known[1]
        merged = merge({number: table.files for number, table in tables.items()})
        view = view_of(schema, name, tables, merged, self._database)
        self._views[name] = of, view
        return view


def _lost(view: View) -> Iterator[Difference]:
    for lost in view.merged.lost if view.merged else ():
        what = (
            f"is NULL in the view for revision {lost.revision}: {lost.had:.{LONGEST_TYPE}} cannot "
            f"be made {lost.has:.{LONGEST_TYPE}}"
        )
        yield Difference(f"{view.name} {lost.path}", what)
