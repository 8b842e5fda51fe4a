"""The metastore by Thrift: all that elfaust makes, alters and asks of Hive's tables.

The methods are few, and each ends in time. Files are never deleted by any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from elfaust.hive.client import Call, connected, generated
from elfaust.hive.found import Found, FoundPartition, freshness_fault
from elfaust.hive.names import FRESHNESS_FOLDER
from elfaust.hive.objects import (
    WITHOUT_STATISTICS,
    Objects,
    fields,
    found_partition,
    found_table,
)
from elfaust.hive.tables import DIGEST, VERSION, Table, View
from elfaust.settings import Settings

#: Tables that one request asks for.
TABLES = 100
#: Bytes of types that one request of partitions may have: each partition has its own copy.
MAX_REQUEST = 16_000_000


class Metastore:
    """A connection to the metastore. Every method raises ServerAway, or HiveRefuses."""

    def __init__(self, settings: Settings, call: Call) -> None:
        self._most_partitions = settings.hive.partitions
        self._database = settings.hive.database.lower()
        self._objects = Objects(settings)
        self._call = call

    def names(self) -> set[str]:
        """Return the names of the tables and views in the database; none where there is none."""
        return set(self._call(lambda hive: hive.get_all_tables(self._database)))

    def make_database(self) -> bool:
        """Make the database, if there is none; tell whether it was made."""
        if self._database in self._call(lambda hive: hive.get_all_databases()):
            return False
        words = "EventLogging's events, kept by elfaust"
        database = generated().Database(name=self._database, description=words, parameters={})
        self._call(lambda hive: hive.create_database(database), unless="AlreadyExistsException")
        return True

    def tables(self, names: Iterable[str]) -> dict[str, Found]:
        """Return those of some tables and views that are there, by name."""
        types, asked = generated(), sorted(names)
        capabilities = types.ClientCapabilities([types.ClientCapability.INSERT_ONLY_TABLES])
        found: dict[str, Found] = {}
        for start in range(0, len(asked), TABLES):
            request = types.GetTablesRequest(
                dbName=self._database,
                tblNames=asked[start : start + TABLES],
                capabilities=capabilities,
            )
            answer = self._ask("get_table_objects_by_name_req", request)
            found |= {table.tableName: found_table(table) for table in answer.tables or ()}
        return found

    def make_table(self, table: Table) -> None:
        """Make a table."""
        self._make(self._objects.table(table))

    def keep_freshness(self, table: Table) -> bool:
        """Make the table of freshness, or have it read another folder.

        What somebody else has made of its name stays: that gives False.
        """
        made = self._objects.table(table)
        made.partitionKeys = []
        found = self.tables([table.name]).get(table.name)
        if found is None:
            self._make(made)
        elif freshness_fault(found, FRESHNESS_FOLDER):
            return False
        else:
            self._alter(table.name, made)
        return True

    def make_view(self, view: View) -> None:
        """Make a view."""
        self._make(self._objects.view(view))

    def replace_view(self, view: View, found: Found) -> None:
        """Give a view another SELECT and other columns."""
        self._alter(view.name, self._objects.view(view, found.raw))

    def drop_view(self, name: str) -> None:
        """Drop a view."""
        self._call(lambda hive: hive.drop_table(self._database, name, False))

    def set_columns(self, table: Table, found: Found) -> None:
        """Give a table other columns, and each of its partitions."""
        raw: Any = found.raw
        raw.sd.cols = fields(table.columns)
        raw.parameters |= {key: table.properties[key] for key in (VERSION, DIGEST)}
        self._alter(table.name, raw, {"CASCADE": "true"})

    def partitions(self, table: str) -> list[str]:
        """Return the names of a table's partitions, as `year=2015/month=6/day=1/hour=5`."""
        names: list[str] = self._call(
            lambda hive: hive.get_partition_names(self._database, table, -1)
        )
        return names

    def whole_partitions(self, table: Table, names: Sequence[str]) -> Iterator[FoundPartition]:
        """Yield a table's partitions of some names, with what each says of its files."""
        for some in self._batches(table, names):
            yield from map(found_partition, self._of_names(table.name, some))

    def add_partitions(self, table: Table, hours: Sequence[tuple[int, ...]]) -> None:
        """Add the partitions of hours; those that are there stay as they are."""
        for some in self._batches(table, hours):
            parts = [self._objects.partition(table, hour) for hour in some]
            request = generated().AddPartitionsRequest(
                self._database, table.name, parts, ifNotExists=True, needResult=False
            )
            self._ask("add_partitions_req", request)

    def drop_partitions(self, table: Table, names: Sequence[str]) -> None:
        """Drop partitions by name; never their files."""
        types = generated()
        for some in self._batches(table, names):
            request = types.DropPartitionsRequest(
                self._database,
                table.name,
                types.RequestPartsSpec(names=list(some)),
                deleteData=False,
                ifExists=True,
                needResult=False,
            )
            self._ask("drop_partitions_req", request)

    def _batches(self, table: Table, of: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """Yield what one request may have of a table's partitions."""
        size = sum(len(column.type) for column in table.columns) + 500
        most = max(1, min(self._most_partitions, MAX_REQUEST // size))
        yield from (of[start : start + most] for start in range(0, len(of), most))

    def _of_names(self, table: str, names: Sequence[str]) -> list[Any]:
        found: list[Any] = self._call(
            lambda hive: hive.get_partitions_by_names(self._database, table, list(names))
        )
        return found

    def _ask(self, method: str, request: Any) -> Any:
        return self._call(lambda hive: getattr(hive, method)(request))

    def _make(self, table: Any) -> None:
        self._call(lambda hive: hive.create_table(table), unless="AlreadyExistsException")

    def _alter(self, name: str, table: Any, more: dict[str, str] | None = None) -> None:
        context = generated().EnvironmentContext({**WITHOUT_STATISTICS, **(more or {})})
        self._call(
            lambda hive: hive.alter_table_with_environment_context(
                self._database, name, table, context
            )
        )


class DryMetastore(Metastore):
    """One that only answers: what would be done is not."""

    def make_database(self) -> bool:
        """Tell whether there is no database."""
        return self._database not in self._call(lambda hive: hive.get_all_databases())

    def drop_view(self, name: str) -> None:
        """Do nothing."""

    def add_partitions(self, table: Table, hours: Sequence[tuple[int, ...]]) -> None:
        """Do nothing."""

    def drop_partitions(self, table: Table, names: Sequence[str]) -> None:
        """Do nothing."""

    def _make(self, table: Any) -> None:
        pass

    def _alter(self, name: str, table: Any, more: dict[str, str] | None = None) -> None:
        pass


@contextmanager
def metastore(settings: Settings, kind: type[Metastore] = Metastore) -> Iterator[Metastore]:
    """Connect to the metastore, the first of its addresses that answers; raises ServerAway."""
    with connected(settings.hive) as call:
        yield kind(settings, call)
