"""Tables, views and partitions as Thrift has them, both ways."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from elfaust.hive.client import generated
from elfaust.hive.found import (
    PARQUET_INPUT,
    PARQUET_OUTPUT,
    PARQUET_SERDE,
    Found,
    FoundPartition,
    odd_parameters,
)
from elfaust.hive.look import partition_name
from elfaust.hive.tables import Column, Table, View
from elfaust.settings import Settings

#: Statistics of files that change at any moment are stale at once.
WITHOUT_STATISTICS = {"DO_NOT_UPDATE_STATS": "true"}


class Objects:
    """Makes Thrift's objects for one database."""

    def __init__(self, settings: Settings) -> None:
        self._owner = settings.hive.user
        self._database = settings.hive.database.lower()
        # A path by itself is one of the metastore's own file system, which is HDFS.
        self._scheme = "file://" if settings.hdfs.storage == "local" else ""

    def table(self, table: Table) -> Any:
        """Return a table."""
        comment = {"comment": table.comment} if table.comment else {}
        return generated().Table(
            tableName=table.name,
            dbName=self._database,
            owner=self._owner,
            createTime=int(time.time()),
            sd=self._files(table, table.location),
            partitionKeys=fields(table.partitions),
            parameters={**table.properties, **comment},
            tableType="EXTERNAL_TABLE",
        )

    def partition(self, table: Table, hour: Sequence[int]) -> Any:
        """Return the partition of an hour; it has a copy of the table's columns."""
        return generated().Partition(
            values=list(map(str, hour)),
            dbName=self._database,
            tableName=table.name,
            createTime=int(time.time()),
            sd=self._files(table, f"{table.location}/{partition_name(tuple(hour))}"),
            parameters=dict(WITHOUT_STATISTICS),
        )

    def view(self, view: View, was: Any = None) -> Any:
        """Return a view; `was` is the one that it replaces."""
        comment = {"comment": view.comment} if view.comment else {}
        return generated().Table(
            tableName=view.name,
            dbName=self._database,
            owner=was.owner if was else self._owner,
            createTime=was.createTime if was else int(time.time()),
            sd=_storage(view.columns),
            partitionKeys=[],
            parameters={**view.properties, **comment},
            viewOriginalText=view.text,
            viewExpandedText=view.text,
            tableType="VIRTUAL_VIEW",
        )

    def _files(self, table: Table, location: str) -> Any:
        return _storage(
            table.columns,
            serde=PARQUET_SERDE,
            location=f"{self._scheme}{location}",
            inputFormat=PARQUET_INPUT,
            outputFormat=PARQUET_OUTPUT,
        )


def _storage(columns: Iterable[Column], serde: str = "", **more: str) -> Any:
    types = generated()
    serialization = {"serialization.format": "1"} if serde else {}
    return types.StorageDescriptor(
        cols=fields(columns),
        compressed=False,
        numBuckets=-1,
        serdeInfo=types.SerDeInfo(serializationLib=serde or None, parameters=serialization),
        bucketCols=[],
        sortCols=[],
        parameters={},
        **more,
    )


def fields(columns: Iterable[Column]) -> list[Any]:
    """Return columns as Thrift has them."""
    types = generated()
    return [types.FieldSchema(of.name, of.type, of.comment) for of in columns]


def found_table(table: Any) -> Found:
    """Return a table or a view of Thrift's in our words."""
    sd = table.sd
    return Found(
        table.tableName,
        table.tableType or "",
        sd.location or "",
        _columns(sd.cols),
        _columns(table.partitionKeys),
        dict(table.parameters or {}),
        sd.inputFormat or "",
        _serde(sd),
        # Hive writes the other one anew.
        table.viewOriginalText or "",
        _odd(table),
        table.dbName or "",
        table,
    )


def found_partition(partition: Any) -> FoundPartition:
    """Return a partition of Thrift's in our words."""
    sd = partition.sd
    return FoundPartition(
        tuple(partition.values),
        sd.location or "",
        _columns(sd.cols),
        sd.inputFormat or "",
        _serde(sd),
        _odd(partition),
    )


def _odd(of: Any) -> tuple[str, ...]:
    serde = of.sd.serdeInfo
    return odd_parameters((serde and serde.parameters) or {}, of.parameters or {})


def _serde(sd: Any) -> str:
    return (sd.serdeInfo and sd.serdeInfo.serializationLib) or ""


def _columns(cols: Iterable[Any] | None) -> tuple[Column, ...]:
    return tuple(Column(of.name, of.type, of.comment or "") for of in cols or ())
