"""What schema revisions and schemas are called in Hive: tables and views, by the folders' names.

Hive has one case of letters, and letters, digits and `_` alone; a table and a view cannot share a
name. Who has a name that several would have is decided here, by the names alone, so that it does
not depend on who came first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from elfaust.errors import SettingsError
from elfaust.names import ERRORS, FolderNames
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.settings.together import PARTITION_PATH, path_fault

#: Hive takes no longer one, characters.
MAX_NAME = 128
#: What the table of freshness is called, in MySQL too, and the folder of its files.
FRESHNESS, FRESHNESS_FOLDER = "elfaust_freshness", "_freshness"
#: Names of tables that are no schema revision's, and what they hold.
OWN_TABLES = {ERRORS: "the table of refused events", FRESHNESS: "the table of freshness"}
FIELD = re.compile(r"\{[a-z]+\}")


def hive_name(name: str) -> str:
    """Return a name as Hive can have it: in lower case, each character but [a-z0-9_] made `_`."""
    return re.sub(r"[^a-z0-9_]", "_", name.lower())


def check_path(settings: Settings) -> None:
    """Raise SettingsError where `hdfs.path` has no folders that Hive could have as partitions."""
    if fault := path_fault(settings):
        raise SettingsError(fault)


@dataclass(frozen=True)
class Names:
    """The names of some schema revisions' tables and of their schemas' views.

    `refused` says why a schema revision has no table, and `viewless` why a schema has no view, by
    what it would have been called.
    """

    tables: dict[SchemaKey, str] = field(default_factory=dict)
    #: The revisions that a view unites, by its name.
    views: dict[str, list[SchemaKey]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    viewless: dict[str, str] = field(default_factory=dict)


class HiveNames:
    """Names of tables and views by the settings. Raises SettingsError as `check_path`."""

    def __init__(self, settings: Settings) -> None:
        check_path(settings)
        self._folders = FolderNames(settings)
        self._levels = PARTITION_PATH.sub("", settings.hdfs.path).split("/")

    def location(self, key: SchemaKey) -> str:
        """Return the folder of a schema revision, an absolute path."""
        return self._folders.of_schema(key)

    def table(self, key: SchemaKey) -> str:
        """Return what a schema revision's table would be called: its folder's last name.

        Where schema and revision are folders of their own, it is both with `_` between.
        """
        last = self._folders.of_schema(key).rpartition("/")[2]
        if not {"{schema}", "{revision}"} <= set(FIELD.findall(self._levels[-1])):
            last = f"{key.schema}_{key.revision}"
        return hive_name(last)

    def view(self, schema: str) -> str:
        """Return what a schema's view would be called."""
        return hive_name(schema)

    def of(self, keys: Iterable[SchemaKey]) -> Names:
        """Return who of some schema revisions has which name.

        Of two with one table's name the one has it whose folder is called so, else the first by
        name. A table's name is no view's; of two schemas with one view's name the one has it whose
        name differs in case alone, else the first by name.
        """
        names = Names()
        owners: dict[str, SchemaKey] = {}
        for key in sorted(set(keys), key=lambda of: (self._is_mapped(of.schema), of)):
            name = self.table(key)
            owner = owners.setdefault(name, key)
            if len(name) > MAX_NAME:
                names.refused[name] = f"the name is longer than {MAX_NAME} characters"
            elif owner != key:
                names.refused[f"{key.schema}_{key.revision}"] = (
                    f"has no table: {name} is that of {_of(owner)}"
                )
            else:
                names.tables[key] = name
        self._add_views(names)
        return names

    def _add_views(self, names: Names) -> None:
        tables = {name: key for key, name in names.tables.items()}
        owners: dict[str, str] = {}
        for key in names.tables:
            name = self.view(key.schema)
            owner = owners.setdefault(name, key.schema)
            if name in OWN_TABLES:
                names.viewless[name] = (
                    f"is no view of schema {key.schema}: it is {OWN_TABLES[name]}"
                )
            elif name in tables:
                names.viewless[name] = (
                    f"is no view of schema {key.schema}: it is the table of {_of(tables[name])}"
                )
            elif owner != key.schema:
                names.viewless[key.schema] = f"has no view: {name} is that of schema {owner}"
            else:
                names.views.setdefault(name, []).append(key)
                names.views[name].sort()

    def _is_mapped(self, schema: str) -> bool:
        return schema.lower() != hive_name(schema)


def _of(key: SchemaKey) -> str:
    return f"{key.schema}, revision {key.revision}"
