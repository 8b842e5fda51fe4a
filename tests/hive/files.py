"""Parquet files of made-up schemas, as the hdfs role writes them, without Kafka."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from elfaust.hive.found import Difference
from elfaust.hive.report import Report
from elfaust.hive.server import Session
from elfaust.hive.sync import How, Sync
from elfaust.names import TopicNames
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.parquet.file_names import FileNames, file_name
from elfaust.sinks.parquet.table import ParquetWriter, to_bytes
from elfaust.storage import open_storage

HOUR = "2026-03-08T02"
EDIT, SAVE = SchemaKey("Edit", 1), SchemaKey("Save", 1)
STRING = {"type": "string"}


class Warehouse:
    """Schemas in a folder, and files of their events below `hdfs.root`."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = replace(settings, schemas=replace(settings.schemas, folder=str(folder)))
        self._folder = folder
        folder.mkdir(exist_ok=True)
        self.storage = open_storage(settings.hdfs)
        self._names = FileNames(settings)
        self.sync = self.new_sync()

    @property
    def root(self) -> str:
        """The folder of all files."""
        return self._names.root

    def new_sync(self) -> Sync:
        """Return what knows nothing yet, as a new process."""
        return Sync(self.settings, Registry(self.settings.schemas), self.storage)

    def add(self, key: SchemaKey, properties: dict[str, Any], **more: Any) -> None:
        """Add a schema revision."""
        file = self._folder / key.schema / f"{key.revision}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"properties": properties, **more}))

    def put(
        self, key: SchemaKey, events: Sequence[Any], hour: str = HOUR, dt: str = "", first: int = 0
    ) -> str:
        """Write a file of events, and return its path."""
        topic = TopicNames(self.settings).event(key)
        moment = dt or f"{hour}:30:00Z"
        records = [
            Record(topic, 0, first + n, 1_772_937_000_000, _capsule(key, event, moment, n))
            for n, event in enumerate(events)
        ]
        schema = Registry(self.settings.schemas).find(key)
        table, refused = ParquetWriter(schema).table(records)
        assert refused == []
        name = file_name(topic, 0, first, first + len(events) - 1)
        path = f"{self.folder(key, hour)}/{name}"
        self.storage.write(path, to_bytes(table))
        return path

    def folder(self, key: SchemaKey, hour: str = HOUR) -> str:
        """Return the folder of an hour."""
        return self._names.in_hour(key, hour)

    def files(self) -> list[str]:
        """Return the paths of all files."""
        return list(self.storage.walk(self.root))

    def run(self, **how: bool) -> Report:
        """Have Hive be as it has to be."""
        return self.sync.run(How(**how) if how else None)


def _capsule(key: SchemaKey, event: Any, dt: str, number: int) -> bytes:
    capsule = {
        "event": event,
        "uuid": uuid.uuid4().hex,
        "dt": dt,
        "schema": key.schema,
        "revision": key.revision,
        "recvFrom": "host",
        "seqId": number,
        "userAgent": {"browser_family": "Firefox", "is_bot": False},
    }
    return json.dumps(capsule).encode()


def told(differences: Sequence[Difference]) -> dict[str, str]:
    """Return what is told, by name."""
    return {of.name: of.what for of in differences}


def count(asked: Session, source: str, where: str = "TRUE") -> int:
    """Return how many rows a table or a view has, or those of them that meet a condition."""
    [(rows,)] = asked.rows(f"SELECT count(*) FROM {source} WHERE {where}")
    return int(rows)
