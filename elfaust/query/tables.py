"""What tables there are, with their names in both stores, and how much is in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from elfaust.errors import SchemaAway, SchemaUnfit, ServerAway
from elfaust.events import event_error
from elfaust.hive.comments import described
from elfaust.hive.errors import WORDS as ERRORS_WORDS
from elfaust.hive.names import HiveNames
from elfaust.names import table_name
from elfaust.query.catalog import Catalog
from elfaust.query.files_freshness import FilesFreshness
from elfaust.query.footers import Unread
from elfaust.query.freshness import Freshness
from elfaust.query.mysql_freshness import mysql_freshness
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.storage import open_storage

ERRORS_KEY = SchemaKey(event_error.SCHEMA, event_error.REVISION)


class Found(NamedTuple):
    """What was found of tables, which stores did not answer, and what files do not tell."""

    tables: list[Freshness]
    away: list[ServerAway]
    unread: Sequence[Unread] = ()


class Listed(NamedTuple):
    """A schema revision as a list shows it: names are "" where a store has no table for it.

    Rows and times are those of Parquet where it is one of the stores, else those of MySQL.
    """

    schema: str
    revision: int
    description: str
    mysql: str
    hive: str
    view: str
    rows: int
    first_event: str
    last_event: str


def matcher(pattern: str) -> Callable[[SchemaKey], bool]:
    """Return what tells whether a name matches: a part of it, or, with wildcards, all of it."""
    wild = pattern.lower() if any(char in pattern for char in "*?[") else f"*{pattern.lower()}*"
    return lambda key: fnmatchcase(key.schema.lower(), wild)


def look(settings: Settings, wanted: Callable[[SchemaKey], bool]) -> Found:
    """Return how new the tables of schema revisions are, in the stores of the settings."""
    stores, found, away = settings.processor.stores.split(), list[Freshness](), []
    unread: list[Unread] = []
    keys = set(Registry.of_workers(settings).known())
    if "hdfs" in stores:
        storage = open_storage(settings.hdfs)
        try:
            catalog = Catalog(settings, storage)
            files = FilesFreshness(catalog, storage)
            found += files.look(wanted)
            unread = files.unread
            keys |= catalog.by_key().keys()
        except ServerAway as error:
            away.append(error)
    if "mysql" in stores:
        try:
            found += mysql_freshness(settings, filter(wanted, keys))
        except ServerAway as error:
            away.append(error)
    return Found(sorted(found, key=lambda of: (of.schema, of.revision, of.store)), away, unread)


def listed(settings: Settings, wanted: Callable[[SchemaKey], bool], found: Found) -> list[Listed]:
    """Return the schema revisions that match, each with its names and what was found of it."""
    registry = Registry.of_workers(settings)
    known = {SchemaKey(of.schema, of.revision) for of in found.tables} | set(registry.known())
    names = HiveNames(settings).of(known)
    views = {key: view for view, keys in names.views.items() for key in keys}
    return [
        _listed(settings, registry, key, names.tables.get(key, ""), views.get(key, ""), found)
        for key in sorted(filter(wanted, known))
    ]


def _listed(
    settings: Settings, registry: Registry, key: SchemaKey, hive: str, view: str, found: Found
) -> Listed:
    of = [one for one in found.tables if (one.schema, one.revision) == key]
    if key == ERRORS_KEY:
        # Its folder has no revision; the schema is elfaust's own.
        hive = next((one.table for one in of if one.store == "hive"), "")
    # "hive" is before "mysql".
    first = min(of, key=lambda one: one.store, default=None)
    return Listed(
        key.schema,
        key.revision,
        _description(registry, key),
        _mysql(settings, key),
        hive,
        view,
        first.rows if first else 0,
        first.first_event if first else "",
        first.last_event if first else "",
    )


def _description(registry: Registry, key: SchemaKey) -> str:
    if key == ERRORS_KEY:
        return ERRORS_WORDS
    try:
        return described(registry.find(key).event)
    except (SchemaUnfit, SchemaAway) as error:
        return error.detail


def _mysql(settings: Settings, key: SchemaKey) -> str:
    try:
        return table_name(settings.mysql.table, key)
    except SchemaUnfit:
        return ""
