"""Keeps Hive's tables, views and partitions as the schemas and the folders have them.

The role `hive` and `elfaust hive` call it. What somebody has altered by hand is told and stays; one
table's trouble keeps no other from its partitions; files are never touched.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from elfaust.errors import HiveRefuses
from elfaust.hive.client import answering
from elfaust.hive.files import strange_files
from elfaust.hive.found import (
    Difference,
    Found,
    differences,
    freshness_fault,
    holds_partitions,
    is_current,
    lacks_columns,
    table_fault,
    view_fault,
)
from elfaust.hive.homeless import homeless
from elfaust.hive.locations import common_home, home_of
from elfaust.hive.look import HourFolders, Look
from elfaust.hive.metastore import DryMetastore, Metastore, metastore
from elfaust.hive.names import FRESHNESS, FRESHNESS_FOLDER
from elfaust.hive.partitions import Known, keep_partitions, known_of
from elfaust.hive.report import Report
from elfaust.hive.tables import Table, View
from elfaust.hive.wanted import Wanted, Wanting
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.storage import Storage

#: Seconds after which all is compared again, whether it has changed or not.
FULL_SECONDS = 3_600.0
STRAY = "is no folder of an hour as Hive finds it: its rows are in no partition"
Connect = Callable[[Settings, type[Metastore]], AbstractContextManager[Metastore]]


@dataclass(frozen=True)
class How:
    """How thorough a run is.

    `full` compares what was in order before too, `deep` looks into each partition. `repair` drops
    partitions that are wrong, or have no folder. `dry` only reports.
    """

    full: bool = False
    deep: bool = False
    repair: bool = False
    dry: bool = False


class Sync:
    """Keeps one database. Its `run` is called by one thread at a time."""

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        storage: Storage,
        connect: Connect = metastore,
    ) -> None:
        self._settings = settings
        self._storage = storage
        self._connect = connect
        self._look = Look(settings, storage)
        self._wanting = Wanting(settings, registry, storage)
        self._folders: dict[str, HourFolders] = {}
        self._tables: dict[str, Table] = {}
        self._known: dict[str, Known] = {}
        self._views: dict[str, View] = {}
        self._told: dict[str, list[Difference]] = {}
        #: Tables that somebody else has made in the place of elfaust's.
        self._foreign: set[str] = set()
        self._next_full = 0.0
        #: The file system of the tables, as Hive names it.
        self._home = ""
        #: Has a run end before its next table.
        self.stop = threading.Event()
        #: How many hours wait for their partitions, and since when, as `time.time` has it.
        self.pending: tuple[int, float] = (0, 0.0)

    def run(self, how: How | None = None) -> Report:
        """Compare, and do what is missing; raises ServerAway.

        Every run is full now and then.
        """
        how = how or How(full=time.monotonic() >= self._next_full)
        looked = self._look.look(how.full)
        self._folders = looked.folders
        wanted, report = self._wanting.of_folders(looked.folders), Report()
        self._tables = wanted.tables
        self._count_pending(wanted)
        with self._connect(self._settings, DryMetastore if how.dry else Metastore) as store:
            with answering():
                found = self._compare(store, wanted, report, how)
            for path, table in wanted.tables.items():
                if self.stop.is_set():
                    return report
                with self._refusals(store, table.name):
                    self._keep(store, table, found.get(table.name), report)
                    self._add(store, table.name, looked.folders[path], report, how)
            for view in wanted.views.values():
                with self._refusals(store, view.name):
                    self._keep_view(store, view, found.get(view.name), report)
        self._count_pending(wanted)
        if how.full:
            self._next_full = time.monotonic() + FULL_SECONDS
        self._tell(wanted, report)
        return report

    def strange_files(self) -> Iterator[Difference]:
        """Yield the files of the folders that the last run saw, which are none of elfaust's."""
        schemas = {path: table.files for path, table in self._tables.items()}
        return strange_files(self._settings, self._storage, self._folders, schemas)

    def _compare(
        self, store: Metastore, wanted: Wanted, report: Report, how: How
    ) -> Mapping[str, Found]:
        """Forget what is no longer there; return what has to be looked at."""
        there = store.names()
        if not there:
            report.database = store.make_database()
        memories: tuple[dict[str, Any], ...] = (self._known, self._views, self._told)
        for memory in memories:
            for name in memory.keys() - (set() if how.full else there):
                del memory[name]
        names = {table.name for table in wanted.tables.values()} | wanted.views.keys()
        found = store.tables((names & there) - self._settled(wanted))
        if how.full or not self._home:
            self._home = common_home(self._settings, (of.location for of in found.values()))
        if how.full:
            self._tell_others(store.tables(there - names), wanted)
        return found

    def _tell_others(self, found: Mapping[str, Found], wanted: Wanted) -> None:
        """Tell what is of elfaust's and of no schema, and what has a name that it needs."""
        for name, of in found.items():
            if told := list(homeless(of, wanted, self._folders, self._storage, self._home)):
                self._told[name] = told
            if name == FRESHNESS and (fault := freshness_fault(of, FRESHNESS_FOLDER)):
                self._told[name] = [fault]

    def _settled(self, wanted: Wanted) -> set[str]:
        views = {name for name, of in wanted.views.items() if self._views.get(name) is of}
        by_name = {table.name: table for table in wanted.tables.values()}
        tables = {name for name, of in self._known.items() if by_name.get(name) is of.table}
        return (tables - self._told.keys()) | views

    @contextmanager
    def _refusals(self, store: Metastore, name: str) -> Iterator[None]:
        """Tell what the metastore refuses of one table; the others go on."""
        try:
            yield
        except HiveRefuses as refused:
            with answering():
                # Where its own database is away it refuses all, each after a while.
                store.names()
            self._known.pop(name, None)
            self._told[name] = [Difference(name, f"is refused by the metastore: {refused.detail}")]

    def _keep(self, store: Metastore, table: Table, found: Found | None, report: Report) -> None:
        """Have a table, and know its partitions; tell what differs."""
        if found is None and table.name in self._known:
            return
        self._told.pop(table.name, None)
        known = self._known.pop(table.name, None)
        self._foreign.discard(table.name)
        if found is not None and (fault := table_fault(found)):
            self._foreign.add(table.name)
            self._told[table.name] = [fault]
            return
        if found is not None and found.kind == "VIRTUAL_VIEW":
            # Its own: of a table and a view of one name the table has it.
            store.drop_view(table.name)
            found = None
        if found is None:
            store.make_table(table)
            report.tables.append(table.name)
            self._known[table.name] = Known(table)
            return
        holds = holds_partitions(found, table, self._home)
        if holds and lacks_columns(found, table):
            store.set_columns(table, found)
            report.columns.append(table.name)
            found = replace(found, columns=table.columns)
        if told := list(differences(found, table, self._home)):
            self._told[table.name] = told
        if holds:
            known = known or known_of(table, store.partitions(table.name))
            known.table, known.home = table, home_of(found.location)
            self._known[table.name] = known

    def _add(
        self, store: Metastore, name: str, folders: HourFolders, report: Report, how: How
    ) -> None:
        known = self._known.get(name)
        if known is not None and (how.full or known.done is not folders):
            keep_partitions(store, known, folders, report, repair=how.repair, deep=how.deep)

    def _keep_view(self, store: Metastore, view: View, found: Found | None, report: Report) -> None:
        if foreign := self._foreign & view.tables:
            # It would fail for all revisions; one that is there has those that it had.
            what = f"is not kept: {min(foreign)} is somebody else's"
            self._told[view.name] = [Difference(view.name, what)]
            self._views.pop(view.name, None)
            return
        if self._views.get(view.name) is view:
            return
        self._told.pop(view.name, None)
        if found is None:
            store.make_view(view)
            report.views.append(view.name)
        elif fault := view_fault(found):
            self._told[view.name] = [fault]
            return
        elif not is_current(found, view):
            store.replace_view(view, found)
            report.views.append(view.name)
        self._views[view.name] = view

    def _tell(self, wanted: Wanted, report: Report) -> None:
        strange = [path for of in self._folders.values() for path in of.strange]
        report.told += [Difference(path, STRAY, "elfaust audit") for path in strange]
        report.told += wanted.told
        report.notes += wanted.notes
        report.told += [of for told in self._told.values() for of in told]
        report.told += [of for known in self._known.values() for of in known.told]
        report.partitions = {name: len(of.hours) for name, of in self._known.items()}

    def _count_pending(self, wanted: Wanted) -> None:
        count = 0
        for path, table in wanted.tables.items():
            known, folders = self._known.get(table.name), self._folders[path]
            if known is None:
                count += len(folders.hours)
            elif known.done is not folders:
                count += len(folders.hours - known.hours)
        self.pending = count, (self.pending[1] or time.time()) if count else 0.0
