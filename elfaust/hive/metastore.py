"""The metastore by Thrift: all that elfaust makes, alters and asks of Hive's tables.

Its classes are those that Thrift has generated (pymetastore); the methods here are few, have our
words, and end in time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from elfaust.hive.client import Call, connected, generated
from elfaust.hive.found import (
    DIGEST,
    PARQUET_INPUT,
    PARQUET_OUTPUT,
    PARQUET_SERDE,
    Found,
    digest,
)
from elfaust.hive.tables import Column, Table, View
from elfaust.settings import Settings

#: Tables that one request asks for.
TABLES = 100
#: Bytes of types that one request of partitions may have: each partition has its own copy.
MAX_REQUEST = 16_000_000
#: Statistics of files that change at any moment are stale at once.
WITHOUT_STATISTICS = {"DO_NOT_UPDATE_STATS": "true"}


class Metastore:
    """A connection to the metastore. Every method raises ServerAway, or HiveRefuses."""

    def __init__(self, settings: Settings, call: Call) -> None:
        self._hive = settings.hive
        self._database = settings.hive.database.lower()
        # Others than HDFS's own paths are of no file system that the metastore would suppose.
        self._scheme = "file://" if settings.hdfs.storage == "local" else ""
        self._call = call

    def names(self) -> set[str]:
        """Return the names of the tables and views in the database; none where there is none."""
        return set(self._call(lambda hive: hive.get_all_tables(self._database)))

    def make_database(self) -> bool:
        """Make the database, if there is none; tell whether it was made."""
        if self._database in self._call(lambda hive: hive.get_all_databases()):
            return False
        types = generated()
        words = "EventLogging's events, kept by elfaust"
        database = types.Database(name=self._database, description=words, parameters={})
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
            found |= {table.tableName: _found(table) for table in answer.tables or ()}
        return found

    def make_table(self, table: Table) -> None:
        """Make a table."""
        self._make(self._thrift_table(table))

    def make_view(self, view: View) -> None:
        """Make a view."""
        self._make(self._thrift_view(view))

    def replace_view(self, view: View, found: Found) -> None:
        """Give a view another SELECT and other columns."""
        self._alter(view.name, self._thrift_view(view, found.raw))

    def drop_view(self, name: str) -> None:
        """Drop a view."""
        self._call(lambda hive: hive.drop_table(self._database, name, False))

    def add_columns(self, table: Table, found: Found, columns: Sequence[Column]) -> None:
        """Add columns at the end of a table, and of each of its partitions."""
        raw: Any = found.raw
        raw.sd.cols = [*raw.sd.cols, *map(_field, columns)]
        self._alter(table.name, raw, {"CASCADE": "true"})

    def partitions(self, table: str) -> list[str]:
        """Return the names of a table's partitions, as `year=2015/month=6/day=1/hour=5`."""
        names: list[str] = self._call(
            lambda hive: hive.get_partition_names(self._database, table, -1)
        )
        return names

    def add_partitions(self, table: Table, hours: Sequence[Sequence[int]]) -> None:
        """Add the partitions of hours; those that are there stay as they are."""
        types = generated()
        size = sum(len(column.type) for column in table.columns) + 500
        most = max(1, min(self._hive.partitions, MAX_REQUEST // size))
        for start in range(0, len(hours), most):
            parts = [self._partition(table, hour) for hour in hours[start : start + most]]
            request = types.AddPartitionsRequest(
                self._database, table.name, parts, ifNotExists=True, needResult=False
            )
            self._ask("add_partitions_req", request)

    def drop_partitions(self, table: str, names: Sequence[str]) -> None:
        """Drop partitions by name; never their files."""
        types = generated()
        for start in range(0, len(names), self._hive.partitions):
            some = types.RequestPartsSpec(names=list(names[start : start + self._hive.partitions]))
            request = types.DropPartitionsRequest(
                self._database, table, some, deleteData=False, ifExists=True, needResult=False
            )
            self._ask("drop_partitions_req", request)

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

    def _partition(self, table: Table, hour: Sequence[int]) -> Any:
        types = generated()
        names = (f"{of.name}={value}" for of, value in zip(table.partitions, hour, strict=True))
        return types.Partition(
            values=list(map(str, hour)),
            dbName=self._database,
            tableName=table.name,
            createTime=int(time.time()),
            sd=self._storage(table, f"{table.location}/{'/'.join(names)}"),
            parameters=dict(WITHOUT_STATISTICS),
        )

    def _storage(self, table: Table, location: str) -> Any:
        types = generated()
        return types.StorageDescriptor(
            cols=list(map(_field, table.columns)),
            location=f"{self._scheme}{location}",
            inputFormat=PARQUET_INPUT,
            outputFormat=PARQUET_OUTPUT,
            compressed=False,
            numBuckets=-1,
            serdeInfo=types.SerDeInfo(
                serializationLib=PARQUET_SERDE, parameters={"serialization.format": "1"}
            ),
            bucketCols=[],
            sortCols=[],
            parameters={},
        )

    def _thrift_table(self, table: Table) -> Any:
        comment = {"comment": table.comment} if table.comment else {}
        return generated().Table(
            tableName=table.name,
            dbName=self._database,
            owner=self._hive.user,
            createTime=int(time.time()),
            sd=self._storage(table, table.location),
            partitionKeys=list(map(_field, table.partitions)),
            parameters={**table.properties, **comment},
            tableType="EXTERNAL_TABLE",
        )

    def _thrift_view(self, view: View, was: Any = None) -> Any:
        types = generated()
        comment = {"comment": view.comment} if view.comment else {}
        mark = {DIGEST: digest(view.text, view.columns)}
        columns = types.StorageDescriptor(
            cols=list(map(_field, view.columns)),
            compressed=False,
            numBuckets=-1,
            serdeInfo=types.SerDeInfo(parameters={}),
            bucketCols=[],
            sortCols=[],
            parameters={},
        )
        return types.Table(
            tableName=view.name,
            dbName=self._database,
            owner=was.owner if was else self._hive.user,
            createTime=was.createTime if was else int(time.time()),
            sd=columns,
            partitionKeys=[],
            parameters={**view.properties, **comment, **mark},
            viewOriginalText=view.text,
            viewExpandedText=view.text,
            tableType="VIRTUAL_VIEW",
        )


def _field(column: Column) -> Any:
    return generated().FieldSchema(column.name, column.type, column.comment)


def _found(table: Any) -> Found:
    sd = table.sd
    serde = sd.serdeInfo.serializationLib if sd.serdeInfo else ""
    return Found(
        table.tableName,
        table.tableType or "",
        sd.location or "",
        _columns(sd.cols),
        _columns(table.partitionKeys),
        dict(table.parameters or {}),
        sd.inputFormat or "",
        serde or "",
        table.viewExpandedText or "",
        table,
    )


def _columns(fields: Iterable[Any] | None) -> tuple[Column, ...]:
    return tuple(Column(of.name, of.type, of.comment or "") for of in fields or ())


class DryMetastore(Metastore):
    """One that only answers: what would be done is not."""

    def make_database(self) -> bool:
        """Tell whether there is no database."""
        return self._database not in self._call(lambda hive: hive.get_all_databases())

    def drop_view(self, name: str) -> None:
        """Do nothing."""

    def add_partitions(self, table: Table, hours: Sequence[Sequence[int]]) -> None:
        """Do nothing."""

    def drop_partitions(self, table: str, names: Sequence[str]) -> None:
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
