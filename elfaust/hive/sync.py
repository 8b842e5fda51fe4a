"""Keeps Hive's tables, views and partitions as the schemas and the folders have them.

The role `hive` and `elfaust hive` call it. What somebody has altered by hand is told and stays; one
table's trouble keeps no other from its partitions; files are never touched.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from elfaust.errors import HiveRefuses
from elfaust.hive.files import strange_files
from elfaust.hive.found import (
    Difference,
    Found,
    differences,
    holds_partitions,
    is_current,
    missing_columns,
    view_fault,
)
from elfaust.hive.look import LEVELS, NUMBER, Hour, HourFolders, Look, partition_name
from elfaust.hive.metastore import DryMetastore, Metastore, metastore
from elfaust.hive.tables import Table, View
from elfaust.hive.wanted import Wanted, Wanting
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.storage import Storage

#: Seconds after which all is compared again, whether it has changed or not.
FULL_SECONDS = 600.0
#: Partitions of a table that a message names.
NAMED = 3


@dataclass
class Report:
    """What a run has done, or would do, and what it leaves as it is."""

    database: bool = False
    tables: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    #: Tables that were given columns.
    columns: list[str] = field(default_factory=list)
    #: Partitions that were added and dropped, by table.
    added: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    told: list[Difference] = field(default_factory=list)
    #: Partitions that each table has now.
    partitions: dict[str, int] = field(default_factory=dict)

    @property
    def is_changed(self) -> bool:
        """Whether anything was done."""
        made = self.tables or self.views or self.columns
        return bool(self.database or made or self.added or self.dropped)


@dataclass
class _Known:
    """A table that may have partitions, and those that it has."""

    table: Table
    hours: set[Hour]
    #: Names of partitions that are none of an hour.
    strange: list[str] = field(default_factory=list)
    #: The folders for which it has all partitions.
    done: HourFolders | None = None


class Sync:
    """Keeps one database. Its `run` is called by one thread at a time."""

    def __init__(self, settings: Settings, registry: Registry, storage: Storage) -> None:
        self._settings = settings
        self._storage = storage
        self._look = Look(settings, storage)
        self._folders: dict[str, HourFolders] = {}
        self._wanting = Wanting(settings, registry, storage)
        self._known: dict[str, _Known] = {}
        self._views: dict[str, View] = {}
        self._told: dict[str, list[Difference]] = {}
        self._next_full = 0.0
        #: Has a run end before its next table.
        self.stop = threading.Event()
        #: How many hours wait for their partitions, and since when, as `time.time` has it.
        self.pending: tuple[int, float] = (0, 0.0)

    def run(self, *, full: bool = False, repair: bool = False, dry: bool = False) -> Report:
        """Compare, and do what is missing; raises ServerAway.

        `full` compares all anew, as every run does now and then. `repair` drops the partitions that
        have no folder. `dry` only reports.
        """
        full = full or repair or time.monotonic() >= self._next_full
        looked = self._look.look(full)
        self._folders = looked.folders
        wanted = self._wanting.of_folders(looked.folders)
        self._count_pending(wanted, looked.folders)
        report = Report()
        with metastore(self._settings, DryMetastore if dry else Metastore) as store:
            found = self._compare(store, wanted, report, full)
            for path, table in wanted.tables.items():
                if self.stop.is_set():
                    return report
                with self._told_of(table.name):
                    self._keep(store, table, found, looked.folders[path], report, repair)
            for view in wanted.views.values():
                with self._told_of(view.name):
                    self._keep_view(store, view, found.get(view.name), report)
        self._count_pending(wanted, looked.folders)
        if full:
            self._next_full = time.monotonic() + FULL_SECONDS
        strange = [path for of in looked.folders.values() for path in of.strange]
        what = "is no folder of an hour as Hive finds it: its rows are in no partition"
        report.told += [Difference(path, what, "elfaust audit") for path in strange]
        report.told += wanted.told
        report.told += [of for told in self._told.values() for of in told]
        report.partitions = {name: len(of.hours) for name, of in self._known.items()}
        return report

    def strange_files(self) -> Iterator[Difference]:
        """Yield the files of the folders that the last run saw, which are none of elfaust's."""
        return strange_files(self._settings, self._storage, self._folders)

    def _compare(
        self, store: Metastore, wanted: Wanted, report: Report, full: bool
    ) -> dict[str, Found]:
        """Forget what is no longer there; return what has to be looked at."""
        there = store.names()
        if not there:
            report.database = store.make_database()
        if full:
            self._told.clear()
        for kept in (self._known, self._views):
            for name in [name for name in kept if full or name not in there]:
                del kept[name]
        names = {table.name for table in wanted.tables.values()} | wanted.views.keys()
        return store.tables((names & there) - self._settled(wanted))

    def _settled(self, wanted: Wanted) -> set[str]:
        views = {name for name, view in wanted.views.items() if self._views.get(name) is view}
        return {name for name in self._known if name not in self._told} | views

    @contextmanager
    def _told_of(self, name: str) -> Iterator[None]:
        """Tell what the metastore refuses of one table; the others go on."""
        try:
            yield
        except HiveRefuses as refused:
            self._known.pop(name, None)
            self._told[name] = [Difference(name, f"Hive's metastore refuses: {refused.detail}")]

    def _keep(
        self,
        store: Metastore,
        table: Table,
        found: dict[str, Found],
        folders: HourFolders,
        report: Report,
        repair: bool,
    ) -> None:
        if table.name not in self._known or table.name in found:
            self._settle(store, table, found.get(table.name), report)
        known = self._known.get(table.name)
        if known is None or (known.done is folders and not repair):
            return
        if missing := sorted(folders.hours - known.hours):
            store.add_partitions(table, missing)
            known.hours |= set(missing)
            report.added[table.name] = len(missing)
        self._extra(store, known, folders, report, repair)
        known.done = folders

    def _settle(self, store: Metastore, table: Table, found: Found | None, report: Report) -> None:
        """Have a table, and know its partitions; tell what differs."""
        self._told.pop(table.name, None)
        known = self._known.pop(table.name, None)
        if found is not None and found.kind == "VIRTUAL_VIEW":
            whose = View(table.name, found.text, found.columns, properties=found.properties)
            if fault := view_fault(found, whose):
                self._told[table.name] = [fault]
                return
            # Its own: of a table and a view of one name the table has it.
            store.drop_view(table.name)
            found = None
        if found is None:
            store.make_table(table)
            report.tables.append(table.name)
            self._known[table.name] = _Known(table, set())
            return
        if columns := missing_columns(found, table):
            store.add_columns(table, found, columns)
            report.columns.append(table.name)
        if told := list(differences(found, table)):
            self._told[table.name] = told
        if holds_partitions(found, table):
            self._known[table.name] = known or _partitions(table, store.partitions(table.name))

    def _extra(
        self,
        store: Metastore,
        known: _Known,
        folders: HourFolders,
        report: Report,
        repair: bool,
    ) -> None:
        """Tell the partitions that have no folder, or drop them."""
        extra = [*map(partition_name, sorted(known.hours - folders.hours)), *known.strange]
        name = known.table.name
        if extra and repair:
            store.drop_partitions(name, extra)
            report.dropped[name] = len(extra)
            known.hours &= folders.hours
            known.strange = []
        elif extra:
            few = ", ".join(extra[:NAMED]) + (", ..." if len(extra) > NAMED else "")
            what = f"has {len(extra)} partitions without a folder: {few}"
            told = Difference(name, what, "elfaust hive sync --repair")
            others = [of for of in self._told.get(name, []) if of.cure != told.cure]
            self._told[name] = [*others, told]

    def _keep_view(self, store: Metastore, view: View, found: Found | None, report: Report) -> None:
        if self._views.get(view.name) is view:
            return
        self._told.pop(view.name, None)
        if found is None:
            store.make_view(view)
            report.views.append(view.name)
        elif fault := view_fault(found, view):
            self._told[view.name] = [fault]
            return
        elif not is_current(found, view):
            store.replace_view(view, found)
            report.views.append(view.name)
        self._views[view.name] = view

    def _count_pending(self, wanted: Wanted, folders: dict[str, HourFolders]) -> None:
        count = 0
        for path, table in wanted.tables.items():
            known = self._known.get(table.name)
            if known is None:
                count += len(folders[path].hours)
            elif known.done is not folders[path]:
                count += len(folders[path].hours - known.hours)
        self.pending = count, (self.pending[1] or time.time()) if count else 0.0


def _partitions(table: Table, names: list[str]) -> _Known:
    known = _Known(table, set())
    for name in names:
        pairs = [part.partition("=") for part in name.split("/")]
        levels, numbers = tuple(of[0] for of in pairs), [of[2] for of in pairs]
        if levels == LEVELS and all(map(NUMBER.fullmatch, numbers)):
            known.hours.add(tuple(map(int, numbers)))
        else:
            known.strange.append(name)
    return known
