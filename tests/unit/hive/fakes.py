"""A metastore in memory, and schemas and folders in a local one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from elfaust.errors import HiveRefuses, ServerAway
from elfaust.hive.found import (
    PARQUET_INPUT,
    PARQUET_SERDE,
    Found,
    FoundPartition,
)
from elfaust.hive.look import partition_name
from elfaust.hive.metastore import DryMetastore, Metastore
from elfaust.hive.report import Report
from elfaust.hive.sync import How, Sync
from elfaust.hive.tables import DIGEST, VERSION, Table, View
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.storage.local import LocalStorage

FULL = How(full=True)


def told(report: Report) -> dict[str, str]:
    """Return what a run has told, by the names of tables and folders."""
    return {of.name: of.what for of in report.told}


class Remembered:
    """What a metastore remembers between connections."""

    def __init__(self) -> None:
        self.database = False
        self.found: dict[str, Found] = {}
        self.hours: dict[str, dict[str, FoundPartition]] = {}
        #: Why it does not answer, and tables of which it refuses all.
        self.away = ""
        self.refuses: set[str] = set()
        #: The requests that change something.
        self.did: list[str] = []

    @contextmanager
    def connect(self, settings: Settings, kind: type[Metastore]) -> Iterator[Any]:
        """Connect, as `metastore` does."""
        if self.away:
            raise ServerAway("Hive metastore", self.away)
        yield FakeMetastore(self, dry=kind is DryMetastore)


class FakeMetastore:
    """The methods of Metastore."""

    def __init__(self, of: Remembered, dry: bool) -> None:
        self._of, self._dry = of, dry

    def names(self) -> set[str]:
        return set(self._of.found)

    def make_database(self) -> bool:
        made = not self._of.database
        self._of.database = self._of.database or not self._dry
        return made

    def tables(self, names: Sequence[str]) -> dict[str, Found]:
        return {name: self._of.found[name] for name in names if name in self._of.found}

    def make_table(self, table: Table) -> None:
        if self._does("make", table.name):
            self._of.found[table.name] = found_of(table)
            self._of.hours[table.name] = {}

    def make_view(self, view: View) -> None:
        if self._does("make", view.name):
            self._of.found[view.name] = Found(
                view.name, "VIRTUAL_VIEW", "", view.columns, (), view.properties, text=view.text
            )

    def replace_view(self, view: View, found: Found) -> None:
        self.make_view(view)

    def drop_view(self, name: str) -> None:
        if self._does("drop view", name):
            del self._of.found[name]

    def set_columns(self, table: Table, found: Found) -> None:
        if self._does("set columns", table.name):
            properties = {key: table.properties[key] for key in (VERSION, DIGEST)}
            properties = {**found.properties, **properties}
            changed = replace(found, columns=table.columns, properties=properties)
            self._of.found[table.name] = changed
            hours = self._of.hours[table.name]
            hours |= {name: of._replace(columns=table.columns) for name, of in hours.items()}

    def partitions(self, table: str) -> list[str]:
        return list(self._of.hours[table])

    def whole_partitions(self, table: Table, names: Sequence[str]) -> Iterator[FoundPartition]:
        yield from (self._of.hours[table.name][name] for name in names)

    def add_partitions(self, table: Table, hours: Sequence[tuple[int, ...]]) -> None:
        if self._does(f"add {len(hours)}", table.name):
            self._of.hours[table.name] |= {
                partition_name(hour): FoundPartition(
                    tuple(map(str, hour)),
                    f"file:{table.location}/{partition_name(hour)}",
                    table.columns,
                    PARQUET_INPUT,
                    PARQUET_SERDE,
                )
                for hour in hours
            }

    def drop_partitions(self, table: Table, names: Sequence[str]) -> None:
        if self._does(f"drop {len(names)}", table.name):
            for name in names:
                del self._of.hours[table.name][name]

    def _does(self, what: str, name: str) -> bool:
        if name in self._of.refuses:
            raise HiveRefuses("Hive metastore", "no")
        if not self._dry:
            self._of.did.append(f"{what} {name}")
        return not self._dry


def found_of(table: Table) -> Found:
    """Return a table as the metastore has it once it was made."""
    return Found(
        table.name,
        "EXTERNAL_TABLE",
        f"file:{table.location}",
        table.columns,
        table.partitions,
        dict(table.properties),
        PARQUET_INPUT,
        PARQUET_SERDE,
    )


class Place:
    """Schemas, folders of hours and a metastore."""

    def __init__(self, folder: Path) -> None:
        base = Settings()
        self.schemas = folder / "schemas"
        self.schemas.mkdir()
        self.settings = replace(
            base,
            hdfs=replace(base.hdfs, storage="local", root=str(folder / "events")),
            schemas=replace(base.schemas, folder=str(self.schemas), wiki_url=""),
            hive=replace(base.hive, metastore="thrift://127.0.0.1:1"),
            workers=replace(base.workers, state=str(folder / "workers")),
        )
        self.storage = LocalStorage()
        self.names = FileNames(self.settings)
        self.remembered = Remembered()
        self.sync = self.new_sync()

    def new_sync(self) -> Sync:
        """Return what knows nothing yet."""
        registry = Registry(self.settings.schemas)
        return Sync(self.settings, registry, self.storage, self.remembered.connect)

    def add(self, schema: str, revision: int, *hours: str, **properties: Any) -> SchemaKey:
        """Add a schema revision and the folders of hours."""
        file = self.schemas / schema / f"{revision}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"properties": properties or {"a": {"type": "string"}}}))
        key = SchemaKey(schema, revision)
        for hour in hours:
            self.storage.make_folder(self.names.in_hour(key, hour))
        return key
